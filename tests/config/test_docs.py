"""The keys as a list to read and as JSON schema."""

import json

from lrtui.config.docs import describe_keys, field_docs, schema_json
from lrtui.config.load import override
from lrtui.config.schema import Config


def test_the_examples_in_the_template_are_right_when_uncommented():
    examples = {doc.key: doc.example for doc in field_docs() if doc.default is None and "." in doc.key}
    values: dict = {}
    for key, example in examples.items():
        section, name = key.split(".")
        values.setdefault(section, {})[name] = example
    assert override(Config(), values).schedule.gamma == 0.1


def test_the_schema_is_json_and_refuses_unknown_keys():
    schema = json.loads(schema_json())
    assert schema["additionalProperties"] is False
    assert schema["$defs"]["OptimConfig"]["properties"]["lr"]["exclusiveMinimum"] == 0


def test_keys_to_read():
    text = describe_keys()
    assert "optim.lr: number, default 0.002, > 0\n    the base learning rate, which the schedule shapes" in text
    assert "train.steps: whole number, default 5000, >= 1\n" in text
