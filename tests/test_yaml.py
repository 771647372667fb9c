import pytest
import yaml

from equipoise._yaml import NoKeyTwice, read_mapping, read_text
from equipoise.exceptions import InputError


class Loader(NoKeyTwice, yaml.SafeLoader):
    pass


def read(text):
    return read_mapping(
        text, loader=Loader, parameter="plan", name="plan.yaml", next_move="See the example."
    )


def test_a_mapping_is_read_as_its_loader_reads_it():
    assert read("a: 1\nb: [x, {c: true}]") == {"a": 1, "b": ["x", {"c": True}]}


def test_a_key_beside_a_merged_one_is_not_the_same_key_twice():
    text = "a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  y: 3"
    assert read(text) == {"a": {"x": 1, "y": 2}, "b": {"x": 1, "y": 3}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a: 1\nb: 2\na: 3",
            "plan must be readable YAML, got plan.yaml. "
            "Mend this first: the key 'a' stands twice (line 3, column 1).",
        ),
        (
            "x:\n  1: a\n  1: b",
            "plan must be readable YAML, got plan.yaml. "
            "Mend this first: the key 1 stands twice (line 3, column 3).",
        ),
        ("- a\n- b", "plan must be a YAML mapping, got plan.yaml. See the example."),
        ("", "plan must be a YAML mapping, got plan.yaml. See the example."),
    ],
)
def test_what_is_no_mapping_is_refused_with_its_place(text, message):
    with pytest.raises(InputError) as refused:
        read(text)
    assert str(refused.value) == message


def test_a_text_is_read_without_its_byte_order_mark(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: \xc3\xa9\n")
    assert read_text(path, parameter="plan") == "a: é\n"


def test_what_is_no_text_or_not_there_is_refused(tmp_path):
    path = tmp_path / "a.yaml"
    with pytest.raises(InputError) as missing:
        read_text(path, parameter="plan")
    assert str(missing.value) == (
        f"plan must be a file that can be read, got {path}. "
        "Check the path: No such file or directory."
    )
    path.write_bytes(b"\xff\xfea")
    with pytest.raises(InputError) as coded:
        read_text(path, parameter="plan")
    assert str(coded.value) == f"plan must be text in UTF-8, got {path}. Save it as UTF-8."
