"""A recipe is read as it is written, or refused with what is wrong."""

from __future__ import annotations

import re

import pytest

from equipoise.crm import CDNOW, CRM, RETAIL, load_crm
from equipoise.crm._recipes import read_recipe, recipe_text
from equipoise.exceptions import InputError

RECIPE = "name: mine\ncustomers: 300\nseed: 1\n"


def refusal(tmp_path, text: str, name: str = "r.yaml") -> str:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read_recipe(path)
    return str(refused.value)


def test_the_course_world_is_what_it_says():
    recipe = read_recipe("retail")
    assert recipe.name == "retail"
    assert (recipe.draws.customers, recipe.draws.seed, recipe.draws.first) == (20_000, 7, 1)
    assert recipe.settings.behaviour == RETAIL
    assert recipe.settings.better_off == "consent_less"
    assert [str(each) for each in recipe.settings.distortions] == [
        "consent_selection=0.2:income_band=low",
        "historical_targeting=0.6:community=B",
        "label_bias=0.2:age_band=60+",
        "noisy_measurement=0.3:community=C",
    ]


@pytest.fixture(scope="module")
def course() -> CRM:
    return load_crm("retail")


def test_in_the_course_world_historical_targeting_moves_more_than_all_others(course):
    others = [each for each in course.distortions if each.name != "historical_targeting"]
    without = course.with_distortions(*others)
    for measure in ("response_rate", "contact_rate"):
        gaps = course.injected_gap(measure=measure).set_index("group")["injected"].abs()
        rest = without.injected_gap(measure=measure)["injected"].abs()
        assert gaps.idxmax() == "B"
        assert gaps["B"] > 2 * rest.max()


def test_only_community_c_loses_a_notable_share_of_its_orders(course):
    gaps = course.injected_gap("community", measure="linked_orders_per_customer")
    shares = (gaps["injected"] / gaps["undistorted_rate"]).set_axis(gaps["group"])
    assert -0.2 < shares["C"] < -0.1
    assert shares[["A", "B"]].abs().max() < 0.02


def test_each_distortion_of_the_course_world_is_explained():
    lines = recipe_text("retail").splitlines()
    acts = [place for place, line in enumerate(lines) if line.lstrip().startswith("- ")]
    assert len(acts) == 4
    assert all(lines[place - 1].lstrip().startswith("# ") for place in acts)


def test_what_is_left_out_has_a_default(tmp_path):
    path = tmp_path / "r.yaml"
    path.write_text(RECIPE)
    recipe = read_recipe(str(path))
    assert recipe.settings == read_recipe(path).settings
    assert recipe.settings.distortions == ()
    assert recipe.settings.behaviour == RETAIL


def test_behaviour_and_the_sign_of_income_can_be_chosen(tmp_path):
    path = tmp_path / "r.yml"
    path.write_text(RECIPE + "behaviour: cdnow\nbetter_off: consent_more\n")
    settings = read_recipe(path).settings
    assert (settings.behaviour, settings.better_off) == (CDNOW, "consent_more")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("customers: 300\nseed: 1\n", "name must be given, got nothing. Add it to PATH."),
        ("name: a\ncustomers:\nseed: 1\n", "customers must be given, got nothing. Add it to PATH."),
        (
            RECIPE + "distortion: []\n",
            "recipe must have known keys, got 'distortion'. Did you mean 'distortions'?",
        ),
        (
            RECIPE.replace("mine", "../mine"),
            "name must consist of letters, digits, - and _, got '../mine'. "
            "Use a name such as retail.",
        ),
        (
            RECIPE.replace("300", "0"),
            "customers must be a whole number of at least 1, got 0. Use 20000 for a course.",
        ),
        (
            RECIPE.replace("300", "100000000"),
            "customers must be at most 99,999,999, got 100,000,000. Use fewer.",
        ),
        (
            RECIPE.replace("seed: 1", "seed: seven"),
            "seed must be a whole number of at least 0, got 'seven'. Use a seed such as 7.",
        ),
        (
            RECIPE + "behaviour: cd\n",
            "behaviour must be a known name, got 'cd'. Known: 'retail', 'cdnow'.",
        ),
        (
            RECIPE + "better_off: consent_les\n",
            "better_off must be a known name, got 'consent_les'. Did you mean 'consent_less'?",
        ),
        (
            RECIPE + "distortions: label_bias=0.5:community=B\n",
            "distortions must be a list of name=dose:column=value, got "
            "'label_bias=0.5:community=B'. Write one per line, such as "
            "- historical_targeting=0.6:community=B.",
        ),
        (
            RECIPE + "distortions: [label_bias=1.5:community=B]\n",
            "dose must be a number in [0, 1], got 1.5. "
            "Use 0 for the clean world and 1 for the full effect.",
        ),
        (
            RECIPE + "distortions: [label_bias=.5:community=B, label_bias=.6:community=B]\n",
            "distortions must hold each group once per distortion, got "
            "label_bias=0.6:community=B. Keep one of the two.",
        ),
        ("- a\n", "recipe must be a YAML mapping, got PATH. See the recipe retail."),
        ("", "recipe must be a YAML mapping, got PATH. See the recipe retail."),
    ],
)
def test_a_broken_rule_is_named(tmp_path, text, message):
    assert refusal(tmp_path, text) == message.replace("PATH", str(tmp_path / "r.yaml"))


def test_what_is_no_yaml_is_refused_with_the_place(tmp_path):
    assert refusal(tmp_path, "name: [\n").startswith(
        f"recipe must be readable YAML, got {tmp_path / 'r.yaml'}. Mend this first: "
    )
    twice = refusal(tmp_path, RECIPE + "seed: 2\n")
    assert "the key 'seed' stands twice" in twice
    assert "line 4" in twice


def test_an_unknown_recipe_is_refused(tmp_path):
    cases = {
        "retial": "must be a known name or a .yaml file, got 'retial'. Did you mean 'retail'?",
        tmp_path / "x.yaml": (
            f"must be a file that can be read, got {tmp_path / 'x.yaml'}. "
            "Check the path: No such file or directory."
        ),
    }
    for recipe, message in cases.items():
        with pytest.raises(InputError, match=f"^{re.escape(f'recipe {message}')}$"):
            read_recipe(recipe)
    (tmp_path / "latin.yaml").write_bytes("name: Käse".encode("latin-1"))
    message = f"recipe must be text in UTF-8, got {tmp_path / 'latin.yaml'}. Save it as UTF-8."
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        read_recipe(tmp_path / "latin.yaml")
