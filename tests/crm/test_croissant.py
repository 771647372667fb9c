import json

import pytest

from equipoise.crm._croissant import croissant, croissant_text
from equipoise.crm._described import described
from equipoise.crm._dictionary import TABLE_NAMES, columns_of

FILES = {
    **{f"{name}.parquet": f"{number:064x}" for number, name in enumerate(TABLE_NAMES)},
    "truth.parquet": 64 * "a",
    "datasheet.md": 64 * "b",
}


@pytest.fixture(scope="module")
def about(distorted):
    return described(distorted)


@pytest.fixture(scope="module")
def told(about):
    return croissant(about, FILES)


def ids(node):
    """Yield every `@id` that something has, not those that point to something."""
    if isinstance(node, dict):
        if "@id" in node and "@type" in node:
            yield node["@id"]
        for key, value in node.items():
            if key != "@context":
                yield from ids(value)
    if isinstance(node, list):
        for value in node:
            yield from ids(value)


def pointers(node):
    if isinstance(node, dict):
        if set(node) == {"@id"}:
            yield node["@id"]
        for key, value in node.items():
            if key != "@context":
                yield from pointers(value)
    if isinstance(node, list):
        for value in node:
            yield from pointers(value)


def test_it_conforms_to_croissant_and_its_terms_for_responsible_ai(told):
    assert told["conformsTo"] == [
        "http://mlcommons.org/croissant/1.1",
        "http://mlcommons.org/croissant/RAI/1.0",
    ]
    assert told["@context"]["cr"] == "http://mlcommons.org/croissant/"
    assert told["@context"]["rai"] == "http://mlcommons.org/croissant/RAI/"
    assert {name for name in told if name.startswith("rai:")} >= {
        "rai:dataCollection",
        "rai:dataBiases",
        "rai:dataLimitations",
        "rai:dataUseCases",
        "rai:personalSensitiveInformation",
        "rai:dataReleaseMaintenancePlan",
    }


@pytest.mark.parametrize("split", [False, True])
def test_identifiers_are_unique_and_whatever_is_pointed_at_is_there(about, split):
    files = dict(FILES)
    if split:
        del files["orders.parquet"]
        files |= {f"orders/part-{k:05d}.parquet": f"{k:064x}" for k in range(2)}
    told = croissant(about, files)
    own = list(ids(told))
    assert len(own) == len(set(own))
    assert set(pointers(told)) <= set(own)


def test_every_file_is_named_with_its_checksum(told):
    listed = {each["@id"]: each["sha256"] for each in told["distribution"]}
    assert listed == FILES
    assert {each["@type"] for each in told["distribution"]} == {"cr:FileObject"}


def test_every_column_of_the_dictionary_is_a_field_read_from_its_file(told):
    assert [each["@id"] for each in told["recordSet"]] == list(TABLE_NAMES)
    for records in told["recordSet"]:
        name = records["@id"]
        fields = records["field"]
        assert [each["name"] for each in fields] == [column.name for column in columns_of(name)]
        assert {each["source"]["fileObject"]["@id"] for each in fields} == {f"{name}.parquet"}


def test_foreign_keys_are_references_and_primary_keys_are_keys(told):
    records = {each["@id"]: each for each in told["recordSet"]}
    contact = next(each for each in records["orders"]["field"] if each["name"] == "contact_id")
    assert contact["references"] == {"field": {"@id": "contacts/contact_id"}}
    assert records["orders"]["key"] == {"@id": "orders/order_id"}
    assert "key" not in records["email_events"]


def test_a_table_in_parts_is_a_file_set(about):
    parts = {f"orders/part-{k:05d}.parquet": f"{k:064x}" for k in range(2)}
    told = croissant(about, parts)
    files = [each for each in told["distribution"] if each["@type"] == "cr:FileSet"]
    assert [(each["@id"], each["includes"]) for each in files] == [
        ("orders-files", "orders/*.parquet")
    ]
    [records] = told["recordSet"]
    assert records["field"][0]["source"]["fileSet"] == {"@id": "orders-files"}


def test_a_reference_to_a_table_that_is_not_there_is_left_out(about):
    told = croissant(about, {"orders.parquet": 64 * "0"})
    assert all("references" not in field for field in told["recordSet"][0]["field"])


def test_biases_are_the_distortions(told):
    [bias] = told["rai:dataBiases"]
    assert bias.startswith("`historical_targeting=0.6:community=B`: ")


def test_a_clean_world_says_that_no_bias_was_injected(clean):
    assert croissant(described(clean), {})["rai:dataBiases"] == [
        "None was injected; differences between groups are natural."
    ]


def test_a_column_that_nobody_may_read_says_so(told):
    fields = {each["@id"]: each for records in told["recordSet"] for each in records["field"]}
    score = fields["individuals/consumer_credit_score"]["description"]
    assert score.endswith("No purpose may read it.")


def test_the_text_reads_back(about, told):
    assert json.loads(croissant_text(about, FILES)) == told
