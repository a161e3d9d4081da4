//! Bodies and merge patches, against the steps that RFC 7396 gives in section 2.

use cungcau::http::body::{merge, parse};
use serde_json::{Map, Value};

/// `MergePatch(Target, Patch)` of the RFC, word for word.
fn merge_patch(target: Value, patch: &Value) -> Value {
    let Value::Object(patch) = patch else { return patch.clone() };
    let mut target = match target {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    for (name, value) in patch {
        if value.is_null() {
            target.shift_remove(name);
        } else {
            let before = target.get(name).cloned().unwrap_or_default();
            target.insert(name.clone(), merge_patch(before, value));
        }
    }
    Value::Object(target)
}

#[test]
fn fuzz_merge_patch() {
    bolero::check!().for_each(|bytes: &[u8]| {
        // Two bodies as bytes; and two that are made of them, since hardly any bytes are JSON.
        let (first, second) = super::two(bytes);
        for (target, patch) in [(parse(first).ok(), parse(second).ok()), (Some(grown(first)), Some(grown(second)))] {
            let (Some(target), Some(patch)) = (target, patch) else { continue };
            let expected = merge_patch(Value::Object(target.clone()), &Value::Object(patch.clone()));
            let mut result = target;
            merge(&mut result, patch.clone());
            assert_eq!(Value::Object(result.clone()), expected);
            let once = result.clone();
            merge(&mut result, patch);
            assert_eq!(result, once, "a patch that was applied changes nothing");
            // What comes out is a body that would be taken again.
            assert!(parse(&serde_json::to_vec(&result).unwrap()).is_ok_and(|read| read == result));
        }
    });
}

/// An object whose shape follows `bytes`: few names, so that target and patch meet.
fn grown(bytes: &[u8]) -> Map<String, Value> {
    let mut stack = vec![Map::new()];
    for byte in bytes {
        let name = char::from(b'a' + byte % 4).to_string();
        let top = stack.len() - 1;
        match byte / 4 % 6 {
            0 => _ = stack[top].insert(name, Value::Null),
            1 => _ = stack[top].insert(name, (*byte).into()),
            2 => _ = stack[top].insert(name, Value::Array(vec![Value::Null, name_of(*byte)])),
            3 => _ = stack[top].insert(name, name_of(*byte)),
            4 if stack.len() < 8 => stack.push(Map::new()),
            _ => close(&mut stack, name),
        }
    }
    while stack.len() > 1 {
        close(&mut stack, "d".into());
    }
    stack.pop().unwrap()
}

/// Ends the innermost object; it stands in the next one under `name`.
fn close(stack: &mut Vec<Map<String, Value>>, name: String) {
    if stack.len() > 1 {
        let inner = stack.pop().unwrap();
        let top = stack.len() - 1;
        stack[top].insert(name, Value::Object(inner));
    }
}

fn name_of(byte: u8) -> Value {
    char::from(byte).to_string().into()
}
