import numpy as np
import pandas as pd
import pytest
from scipy import stats

from equipoise.consent import check_events, permitted
from equipoise.crm._consents import (
    ASKED,
    AT_COUNTER_SHARE,
    CONTRADICTED_SHARE,
    NEVER,
    NO_PROOF_SHARE,
    OFFERS_BY_EMAIL,
    OFFERS_BY_POST,
    OPT_OUT_SHARE,
    UNDATED_SHARE,
    consent_table,
    express,
    given_on,
    refused_on,
    withdrawn_from,
)
from equipoise.crm._natural import draw_tastes
from equipoise.crm._population import draw_contacts, draw_individuals
from equipoise.crm._schema import DAYS, END_DATE, START_DATE
from equipoise.crm._streams import Draws

CUSTOMERS = 20_000
SMALLEST_P = 1e-4
PLACES = range(len(ASKED))
NAMES = [f"{purpose}/{channel}" for purpose, channel, _ in ASKED]


class Said:
    """What the customers of one seed express; whose consent is withheld is up to the caller."""

    def __init__(self, seed, better_off="consent_less", withheld=None, customers=CUSTOMERS):
        draws = Draws(seed, 1, customers)
        self.people = draw_individuals(draws)
        contacts = draw_contacts(draws, self.people)
        self.joined = (contacts["joined_date"] - START_DATE).dt.days.to_numpy()
        self.concern = draw_tastes(draws, self.people, contacts["lead_source"])["privacy_concern"]
        self.expressed = express(
            draws,
            self.people,
            self.joined,
            self.concern.to_numpy(),
            withheld=np.zeros(customers, dtype=bool) if withheld is None else withheld,
            better_off=better_off,
        )
        nobody = np.full(customers, NEVER)
        self.events = consent_table(draws, self.expressed, self.people["individual_id"], nobody)


@pytest.fixture(scope="module")
def said():
    return Said(3)


@pytest.mark.parametrize("place", PLACES, ids=NAMES)
def test_typical_customers_consent_as_stated(said, place):
    """A neighbourhood of typical: concern near one half, middle income, middle-aged."""
    people = said.people
    typical = said.concern.between(0.4, 0.6) & (people["income_band"] == "middle")
    typical &= people["age_band"] == "45-59"
    given, share = said.expressed.opted_in[typical, place], ASKED[place][2]
    # Age and concern within the neighbourhood move the share by less than 0.02.
    assert abs(given.mean() - share) < 4 * np.sqrt(share * (1 - share) / len(given)) + 0.02


def test_offers_are_allowed_by_about_half_and_sharing_by_few(said):
    given = said.expressed.opted_in.mean(axis=0)
    assert 0.45 < given[OFFERS_BY_POST] < 0.70
    assert given[NAMES.index("third_party_sharing/any")] < 0.20
    assert given[NAMES.index("service/email")] == given.max()


@pytest.mark.parametrize("place", PLACES, ids=NAMES)
def test_the_concerned_the_older_and_the_better_off_consent_less(said, place):
    given = pd.Series(said.expressed.opted_in[:, place].astype(float))
    by_concern = given.groupby(pd.qcut(said.concern, 5, labels=False)).mean()
    by_age = given.groupby(said.people["age_band"]).mean()
    by_income = given.groupby(said.people["income_band"]).mean()[["low", "middle", "high"]]
    assert by_concern.iloc[0] > by_concern.iloc[-1]
    assert by_age["18-29"] > by_age["60+"]
    assert by_income.is_monotonic_decreasing


def adjusted_effects(said, place):
    """Return the log-odds of opting in by income and by age, concern being equal."""
    from sklearn.linear_model import LogisticRegression

    people = said.people
    high, low = people["income_band"] == "high", people["income_band"] == "low"
    old, young = people["age_band"] == "60+", people["age_band"] == "18-29"
    X = np.column_stack([high.astype(float) - low, old.astype(float) - young, said.concern])
    given = said.expressed.opted_in[:, place]
    return LogisticRegression(C=np.inf).fit(X, given).coef_[0]


def test_the_knob_reverses_income_and_nothing_else(said):
    other = Said(3, better_off="consent_more")
    less, more = (adjusted_effects(each, OFFERS_BY_EMAIL) for each in (said, other))
    assert less[0] < -0.2
    assert more[0] == pytest.approx(-less[0], abs=0.15)
    assert more[1:] == pytest.approx(less[1:], abs=0.2)
    middle = (said.people["income_band"] == "middle").to_numpy()
    assert (said.expressed.opted_in[middle] == other.expressed.opted_in[middle]).all()
    assert (said.expressed.change_day[middle] == other.expressed.change_day[middle]).all()


@pytest.mark.parametrize("column", ["gender", "community"])
def test_gender_and_community_do_not_matter(column):
    """Over several seeds the p-values of all purposes together look uniform."""
    p_values = []
    for seed in range(20, 25):
        said = Said(seed, customers=10_000)
        for place in PLACES:
            table = pd.crosstab(said.people[column], said.expressed.opted_in[:, place])
            p_values.append(stats.chi2_contingency(table).pvalue)
    assert min(p_values) > SMALLEST_P / 5
    assert stats.kstest(p_values, "uniform").pvalue > SMALLEST_P


def test_of_those_who_do_not_opt_in_some_say_nothing(said):
    refusing = ~said.expressed.opted_in
    share, n = said.expressed.silent[refusing].mean(), refusing.sum()
    error = np.sqrt(OPT_OUT_SHARE * (1 - OPT_OUT_SHARE) / n)
    assert abs(share - (1 - OPT_OUT_SHARE)) < 4 * error
    assert not (said.expressed.silent & said.expressed.opted_in).any()


def test_minds_change_after_joining_and_a_few_in_a_hundred_each_year(said):
    change = said.expressed.change_day
    assert (change > said.joined[:, None]).all()
    assert ((change < DAYS) | (change == NEVER)).all()
    years = (DAYS - said.joined).sum() / 365
    opted_in = said.expressed.opted_in[:, OFFERS_BY_EMAIL]
    withdrawn = (withdrawn_from(said.expressed, OFFERS_BY_EMAIL) < NEVER).sum()
    assert 0.01 < withdrawn / (years * opted_in.mean()) < 0.10


def test_an_opt_in_is_in_force_from_joining_until_it_is_withdrawn(said):
    expressed, place = said.expressed, OFFERS_BY_EMAIL
    until = withdrawn_from(expressed, place)
    first = expressed.opted_in[:, place]
    for day in (200, 500, 820):
        given, refused = given_on(expressed, place, day), refused_on(expressed, place, day)
        assert not (given & refused).any()
        assert not (given | refused)[said.joined > day].any()
        assert (given[first] == ((said.joined <= day) & (day < until))[first]).all()


def test_withheld_consent_is_recorded_as_an_opt_out_of_offers_and_profiling():
    struck = np.arange(2000) % 3 == 0
    usual, withheld = Said(3, customers=2000), Said(3, withheld=struck, customers=2000)
    for place in PLACES:
        before, after = (each.expressed for each in (usual, withheld))
        moved = ASKED[place][0] in ("personalised_offers", "profiling")
        assert (before.silent[:, place] == after.silent[:, place]).all()
        same = ~struck if moved else np.ones(2000, dtype=bool)
        assert (before.opted_in[same, place] == after.opted_in[same, place]).all()
        assert (before.change_day[same, place] == after.change_day[same, place]).all()
        if moved:
            assert not any(given_on(after, place, day)[struck].any() for day in (300, DAYS - 1))


def test_events_pass_the_consent_chapters_checks(clean):
    events = clean.tables["consent_events"]
    pd.testing.assert_frame_equal(check_events(events), events)
    assert events["notice_version"].str.startswith("fictional-").all()


def test_events_are_sorted_by_customer_with_ids_of_their_own(clean):
    events = clean.tables["consent_events"]
    assert events["individual_id"].is_monotonic_increasing
    assert events["consent_event_id"].is_unique
    assert events["consent_event_id"].is_monotonic_increasing
    dated = events.dropna(subset="effective_at")
    assert (dated.groupby("individual_id")["effective_at"].diff().dropna() >= pd.Timedelta(0)).all()


def test_nothing_is_recorded_before_it_is_said_or_after_the_end(said):
    events = said.events
    dated = events.dropna(subset="effective_at")
    assert (dated["recorded_at"] >= dated["effective_at"]).all()
    assert (events["recorded_at"] <= END_DATE).all()
    assert events["recorded_at"].notna().all()
    assert (dated["effective_at"] >= START_DATE).all()


def test_some_come_to_be_known_late(said):
    late = (said.events["recorded_at"] - said.events["effective_at"]).dt.days
    by_source = late.groupby(said.events["source"]).max()
    assert by_source["web_form"] == 0
    assert 0 < by_source["store_form"] <= 21
    assert 21 < by_source["import"] <= 45


def test_records_have_the_stated_faults(said):
    events = said.events
    first = (events["source"].isin(["web_form", "store_form"])).sum()
    faults = {
        "undated": (events["effective_at"].isna().mean(), UNDATED_SHARE, len(events)),
        "contradicted": ((events["source"] == "import").sum() / first, CONTRADICTED_SHARE, first),
    }
    granted = events[(events["expression"] == "opt_in") & (events["source"] != "import")]
    faults["unproved"] = ((~granted["has_proof"]).mean(), NO_PROOF_SHARE, len(granted))
    counter = events["source"].isin(["store_form"]).sum() / first
    faults["at the counter"] = (counter, AT_COUNTER_SHARE, first)
    for name, (found, share, n) in faults.items():
        # Records of the last weeks that would be made after the end are missing.
        assert abs(found - share) < 4 * np.sqrt(share * (1 - share) / n) + 0.03 * share, name


def test_refusals_need_no_proof_and_imports_never_have_one(said):
    events = said.events
    assert events["has_proof"][events["expression"] != "opt_in"].all()
    imported = events[(events["source"] == "import") & (events["expression"] == "opt_in")]
    assert len(imported) > 0
    assert not imported["has_proof"].any()


def test_only_opt_ins_to_sharing_expire(said):
    events = said.events
    sharing = (events["purpose"] == "third_party_sharing") & (events["expression"] == "opt_in")
    assert (events["expires_at"].notna() == sharing).all()


@pytest.mark.parametrize("place", PLACES, ids=NAMES)
@pytest.mark.parametrize("day", [300, 600, DAYS - 1])
def test_clean_records_say_what_was_expressed(said, place, day):
    purpose, channel, _ = ASKED[place]
    events, people = said.events, said.people[["individual_id"]]
    about = events[(events["purpose"] == purpose) & (events["channel"] == channel)]
    faulty = about["effective_at"].isna() | ~about["has_proof"] | (about["source"] == "import")
    at = START_DATE + pd.Timedelta(days=day)
    faulty |= about["expires_at"] <= at
    # Of these, something said before the end is not recorded at its end.
    change = said.expressed.change_day[:, place]
    expected = (~said.expressed.silent[:, place]).astype(int) + (change < NEVER)
    recorded = about["individual_id"].value_counts()
    complete = recorded.reindex(people["individual_id"], fill_value=0).to_numpy() == expected
    is_clean = complete & ~people["individual_id"].isin(about["individual_id"][faulty]).to_numpy()
    assert is_clean.mean() > 0.5

    def may(policy):
        rows = permitted(people, events, purpose=purpose, channel=channel, at=at, policy=policy)
        return people["individual_id"].isin(rows["individual_id"]).to_numpy()[is_clean]

    assert (may("opt_in") == given_on(said.expressed, place, day)[is_clean]).all()
    assert (may("opt_out") == ~refused_on(said.expressed, place, day)[is_clean]).all()
