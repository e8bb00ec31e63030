"""The golden samples are valid by their schemas, and the schemas say no to what is not."""
import copy
import json

import jsonschema
import pytest
from conftest import WEBHOOKS
from referencing import Registry, Resource

EVENTS = WEBHOOKS / "events"
SCHEMAS = {path.name: json.loads(path.read_text()) for path in EVENTS.glob("*.schema.json")}
SAMPLES = sorted(path for path in EVENTS.glob("*.json") if path.name not in SCHEMAS)
REGISTRY = Registry().with_resources(
    (name, Resource.from_contents(schema)) for name, schema in SCHEMAS.items())


def validator(kind):
    schema = SCHEMAS[f"{kind}.schema.json"]
    return jsonschema.Draft202012Validator(
        schema, registry=REGISTRY, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_schema_is_one(name):
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_sample_is_valid(path):
    sample = json.loads(path.read_text())
    assert sample["type"] == path.stem
    validator(path.stem).validate(sample)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_member_of_the_sample_is_described(path):
    described = set(SCHEMAS["event.schema.json"]["properties"])
    sample = json.loads(path.read_text())
    assert set(sample) <= described
    if path.stem.startswith("thumbnail."):
        assert set(sample["data"]) <= set(SCHEMAS["job.schema.json"]["properties"])


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_what_lacks_a_required_member_is_invalid(path):
    sample = json.loads(path.read_text())
    for name in SCHEMAS["event.schema.json"]["required"]:
        broken = copy.deepcopy(sample)
        del broken[name]
        assert not validator(path.stem).is_valid(broken), name


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_no_other_schema_takes_it(path):
    sample = json.loads(path.read_text())
    others = {other.stem for other in SAMPLES} - {path.stem}
    assert [kind for kind in others if validator(kind).is_valid(sample)] == []
