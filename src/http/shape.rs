//! Objects that are sent as lists.
//!
//! serde reads a list as an object, its items taken for the members in their order. The document promises objects, and a
//! member that a later release adds would change what such a list means; so it is refused, by the schemas of the document.

use super::document::schemas;
use serde_json::Value;
use std::sync::LazyLock;

static SCHEMAS: LazyLock<Value> = LazyLock::new(|| schemas(&crate::app::routes()));

/// Pointers of everything in `value` that the schema of this name has an object for and that is a list.
pub fn lists_for_objects(value: &Value, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(schema) = SCHEMAS.get(name) {
        walk(value, schema, &mut String::new(), &mut found);
    }
    found
}

fn walk(value: &Value, schema: &Value, pointer: &mut String, found: &mut Vec<String>) {
    if !matches!(value, Value::Array(_) | Value::Object(_)) {
        return;
    }
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next()) {
        if let Some(schema) = SCHEMAS.get(name) {
            walk(value, schema, pointer, found);
        }
        return;
    }
    for word in ["allOf", "oneOf", "anyOf"] {
        for part in schema.get(word).and_then(Value::as_array).into_iter().flatten() {
            walk(value, part, pointer, found);
        }
    }
    let members = schema.get("properties").and_then(Value::as_object);
    match value {
        Value::Array(_) if members.is_some() => {
            found.extend((found.last() != Some(pointer)).then(|| pointer.clone()));
        }
        Value::Array(items) => {
            if let Some(schema) = schema.get("items") {
                for (index, item) in items.iter().enumerate() {
                    within(item, schema, &index.to_string(), pointer, found);
                }
            }
        }
        Value::Object(object) => {
            let known = |name: &str| members.and_then(|members| members.get(name));
            for (name, member) in object {
                if let Some(schema) = known(name) {
                    within(member, schema, &super::body::escape(name), pointer, found);
                }
            }
        }
        _ => {}
    }
}

fn within(value: &Value, schema: &Value, segment: &str, pointer: &mut String, found: &mut Vec<String>) {
    let length = pointer.len();
    pointer.push('/');
    pointer.push_str(segment);
    walk(value, schema, pointer, found);
    pointer.truncate(length);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_list_is_found_wherever_an_object_is_promised() {
        let product = |member: &str, value: Value| lists_for_objects(&json!({"name": "Gạo", member: value}), "NewProduct");
        assert_eq!(product("pack", json!(["THUNG", "12", "KG"])), ["/pack"]);
        assert_eq!(product("pack", json!({"unit": "THUNG", "content": "12", "content_unit": "KG"})), [""; 0]);
        assert_eq!(product("pictures", json!([["https://a.vn/a.jpg", "x"], {"url": "https://a.vn/a.jpg"}])), ["/pictures/0"]);
        assert_eq!(lists_for_objects(&json!({"producer": ["cooperative"]}), "NewOrganisation"), ["/producer"]);
        assert_eq!(lists_for_objects(&json!(["org", "Tên"]), "NewProduct"), [""]);
        assert_eq!(lists_for_objects(&json!({"months": [1, 2], "price": ["1", "VND"]}), "NewOffer"), ["/price"]);
        assert_eq!(lists_for_objects(&json!([1]), "NoSuchSchema"), [""; 0]);
    }
}
