"""What counts as breaking, one change at a time, by hand on a small document."""

import copy
import unittest

from breaking import Comparison

DOCUMENT = {
    "paths": {
        "/v1/offers": {
            "post": {
                "operationId": "create_offer",
                "security": [{}, {"api_key": []}],
                "parameters": [
                    {"name": "sort", "in": "query", "schema": {"type": "string", "enum": ["name", "price"]}},
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100}},
                ],
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NewOffer"}}},
                },
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Offer"}}}},
                    "404": {},
                },
            }
        }
    },
    "components": {
        "schemas": {
            "NewOffer": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "maxLength": 200},
                    "note": {"type": ["string", "null"]},
                    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/NewOffer"}},
                },
            },
            "Offer": {
                "allOf": [
                    {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}},
                    {
                        "type": "object",
                        "required": ["phase"],
                        "properties": {
                            "phase": {"type": "string", "enum": ["open", "closed"]},
                            "until": {"oneOf": [{"$ref": "#/components/schemas/Day"}, {"type": "null"}]},
                        },
                    },
                ]
            },
            "Day": {"type": "string", "format": "date"},
        }
    },
}


def operation(document):
    return document["paths"]["/v1/offers"]["post"]


def schemas(document):
    return document["components"]["schemas"]


def own(document):
    """The part of the answer that isn't shared with other records."""
    return schemas(document)["Offer"]["allOf"][1]


class Breaking(unittest.TestCase):
    def faults(self, change):
        current = copy.deepcopy(DOCUMENT)
        change(current)
        return Comparison(DOCUMENT, current).run()

    def assert_breaks(self, change, *words):
        faults = self.faults(change)
        self.assertEqual(len(faults), 1, faults)
        for word in words:
            self.assertIn(word, faults[0])

    def assert_keeps(self, change):
        self.assertEqual(self.faults(change), [])

    def test_a_document_keeps_its_own_promises(self):
        self.assert_keeps(lambda document: None)

    def test_operations_stay(self):
        self.assert_breaks(lambda d: d["paths"]["/v1/offers"].pop("post"), "POST /v1/offers", "gone")
        self.assert_breaks(lambda d: operation(d).update(operationId="add_offer"), "operationId")
        self.assert_breaks(lambda d: operation(d).update(security=[{"api_key": []}]), "needs a key")
        self.assert_keeps(lambda d: d["paths"].update({"/v1/more": {"get": {"responses": {}}}}))

    def test_parameters_stay_and_new_ones_are_optional(self):
        new = {"name": "colour", "in": "query", "schema": {"type": "string"}}
        self.assert_keeps(lambda d: operation(d)["parameters"].append(new))
        self.assert_breaks(lambda d: operation(d)["parameters"].append(new | {"required": True}), "colour", "became required")
        self.assert_breaks(lambda d: operation(d)["parameters"].pop(0), "query sort", "gone")
        self.assert_breaks(lambda d: operation(d)["parameters"][0]["schema"]["enum"].remove("price"), "['price']")
        self.assert_keeps(lambda d: operation(d)["parameters"][0]["schema"]["enum"].append("stars"))
        self.assert_breaks(lambda d: operation(d)["parameters"][1]["schema"].update(maximum=50), "maximum 100 became 50")
        self.assert_keeps(lambda d: operation(d)["parameters"][1]["schema"].update(maximum=200))
        self.assert_breaks(lambda d: operation(d)["parameters"][1]["schema"].update(minimum=1), "minimum None became 1")
        self.assert_breaks(lambda d: operation(d)["parameters"][0]["schema"].update(pattern="^n"), "pattern")

    def test_what_a_body_held_it_may_hold_on(self):
        new = schemas
        self.assert_breaks(lambda d: new(d)["NewOffer"]["required"].append("note"), ".note", "became required")
        self.assert_keeps(lambda d: new(d)["NewOffer"]["required"].remove("name"))
        self.assert_breaks(lambda d: new(d)["NewOffer"]["properties"].pop("note"), ".note", "gone")
        self.assert_keeps(lambda d: new(d)["NewOffer"]["properties"].update(colour={"type": "string"}))
        self.assert_breaks(lambda d: new(d)["NewOffer"]["properties"]["note"].update(type="string"), "null is not taken")
        self.assert_breaks(lambda d: new(d)["NewOffer"]["properties"]["name"].update(maxLength=100), "maxLength")
        self.assert_breaks(lambda d: operation(d)["requestBody"].update(required=True), "a body became required")
        json = operation(DOCUMENT)["requestBody"]["content"]["application/json"]
        self.assert_breaks(lambda d: operation(d)["requestBody"].update(content={"text/csv": json}), "application/json is not taken")

    def test_what_an_answer_held_it_holds_on(self):
        self.assert_breaks(lambda d: own(d)["properties"].pop("until"), ".until", "gone")
        self.assert_breaks(lambda d: own(d)["required"].remove("phase"), ".phase", "not certain")
        self.assert_keeps(lambda d: own(d)["required"].append("until"))
        self.assert_keeps(lambda d: own(d)["properties"].update(colour={"type": "string"}))
        self.assert_breaks(lambda d: own(d)["properties"]["phase"]["enum"].append("lapsed"), "['lapsed'] may be answered")
        self.assert_keeps(lambda d: own(d)["properties"]["phase"]["enum"].remove("closed"))
        self.assert_breaks(lambda d: own(d)["properties"]["phase"].update(type=["string", "null"]), "null may be answered")
        self.assert_keeps(lambda d: own(d)["properties"].update(until={"$ref": "#/components/schemas/Day"}))
        self.assert_breaks(lambda d: schemas(d)["Day"].update(format="date-time"), ".until", "format")
        self.assert_breaks(lambda d: schemas(d)["Day"].update(type="integer"), ".until", "integer may be answered")
        self.assert_breaks(lambda d: operation(d)["responses"].pop("200"), "200", "gone")
        self.assert_keeps(lambda d: operation(d)["responses"].pop("404"))


if __name__ == "__main__":
    unittest.main()
