from equipoise.crm import HistoricalTargeting, make_crm
from equipoise.crm._datasheet import datasheet_text


def written(crm):
    return datasheet_text(crm.tables, seed=crm.seed, distortions=crm.distortions)


def test_it_names_seed_size_and_every_table(clean):
    text = written(clean)
    assert "- Seed 11, 4000 customers," in text
    for name, table in clean.tables.items():
        assert f"| {name} | {len(table)} |" in text


def test_it_says_that_everyone_is_fictional(clean):
    assert "All people, orders and places here are fictional." in written(clean)


def test_a_clean_world_says_so(clean):
    assert "None: this is the clean world." in written(clean)


def test_each_distortion_stands_with_its_dose_group_and_mechanism(distorted):
    text = written(distorted)
    assert "- `historical_targeting=0.6:community=B`: eligible members of the group" in text
    assert "Dose 0.6, acting on community B." in text


def test_a_dose_of_0_is_not_passed_off_as_a_distortion_that_acted():
    nothing = HistoricalTargeting(dose=0, group=("gender", "man"))
    text = written(make_crm(customers=100, seed=1, distortions=[nothing]))
    assert "Dose 0, acting on gender man: nothing was changed." in text
