"""How often intervals of gaps hold, and how wide they are, beside the percentile bootstrap.

    python benchmarks/coverage.py [--repeats 1000] [--large] [--out table.csv]

One line a setting: groups × customers × base rate × sizes × true gap × rate looked at. The largest gap
has our interval, and the percentile bootstrap of Fairlearn's MetricFrame replayed from counts; signed
gaps and ratios to one reference have the intervals of audits. `--large` adds 200,000 customers. At the
end Fairlearn itself is run in one setting, to show that the replay is its bootstrap.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from equipoise.intervals import MINIMUM_TRIALS, Interval, newcombe, ratio, worst_gap
from equipoise.intervals.chance import noise_floor

GROUPS = (2, 8, 16, 80)
BASE_RATES = (0.02, 0.3)
GAPS = (0.0, 0.05)
RESAMPLES = 200
BOOTSTRAPPED = 200  # repeats of the replay, which is the slow part
REACHED = 0.5  # true positive rate where no gap is planted


@dataclass(frozen=True)
class Setting:
    groups: int
    customers: int
    base_rate: float
    sizes: str
    gap: float
    metric: str

    @property
    def trials(self) -> np.ndarray:
        """Customers of each group; small and large ones alternate where sizes are 1:20."""
        weight = np.where(np.arange(self.groups) % 2 == 0, 1, 20 if self.sizes == "1:20" else 1)
        return np.maximum(1, np.rint(self.customers * weight / weight.sum())).astype(int)

    @property
    def rates(self) -> np.ndarray:
        """The true rates: rising evenly from the first group to the last."""
        start = self.base_rate if self.metric == "selection_rate" else REACHED
        return start + self.gap * np.linspace(0, 1, self.groups)

    @property
    def least_expected(self) -> float:
        """The smallest expected count on either side of a rate."""
        trials = self.trials if self.metric == "selection_rate" else self.trials * self.base_rate
        return float((trials * np.minimum(self.rates, 1 - self.rates)).min())

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return successes and trials; of true positive rates the trials are drawn, too."""
        trials = self.trials
        if self.metric == "true_positive_rate":
            trials = rng.binomial(trials, self.base_rate)
        return rng.binomial(trials, self.rates), trials


def settings(customers: tuple[int, ...]) -> Iterator[Setting]:
    sizes, metrics = ("equal", "1:20"), ("selection_rate", "true_positive_rate")
    for values in product(metrics, GROUPS, customers, BASE_RATES, sizes, GAPS):
        metric, groups, n, base, size, gap = values
        yield Setting(groups, n, base, size, gap, metric)


def measured(setting: Setting, repeats: int, seed: int) -> dict[str, object]:
    """Return coverage and width of every kind of interval in one setting.

    Fewer groups are drawn more often: they are quick, and their coverage is closest to 95 %.
    """
    rng = np.random.default_rng([seed, *map(ord, str(setting))])
    repeats *= max(1, 16 // setting.groups)
    tables = [setting.draw(rng) for _ in range(repeats)]
    worst = np.array([_worst(setting, *table) for table in tables])
    signed = _signed_all(rng, setting, tables, repeats)
    replayed = np.array([_replayed(rng, setting, *table) for table in tables[:BOOTSTRAPPED]])
    row = {
        "metric": setting.metric,
        "groups": setting.groups,
        "customers": setting.customers,
        "base rate": setting.base_rate,
        "sizes": setting.sizes,
        "true gap": setting.gap,
        "least expected": round(setting.least_expected, 1),
        "estimable": float(np.mean(~np.isnan(worst[:, 0]))),
    }
    covered, width, allowed, alarm = (_mean(column) for column in worst.T)
    return row | {
        "coverage": covered,
        "width": width,
        "width / allowed": width / allowed,
        "above floor": alarm,
        "signed gaps": _mean(signed[:, 0]),
        "ratios": _mean(signed[:, 1]),
        "bootstrap": _mean(replayed),
    }


def _mean(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else np.nan


def _worst(setting: Setting, hits: np.ndarray, trials: np.ndarray) -> tuple[float, ...]:
    """Return whether the interval holds, its width, the width allowed, and a false alarm."""
    enough = trials >= MINIMUM_TRIALS
    if enough.sum() < 2:
        return (np.nan,) * 4
    truth = np.ptp(setting.rates[enough])
    found = worst_gap(hits, trials)
    floor = noise_floor([(hits[enough], trials[enough])], draws=400)
    alarm = float(found.value > floor + 1e-12) if setting.gap == 0 else np.nan
    return (_holds(found, truth), found.high - found.low, _allowed(setting, hits, trials), alarm)


def _allowed(setting: Setting, hits: np.ndarray, trials: np.ndarray) -> float:
    """Return 1.1 times the Newcombe width of the outermost pair at the Šidák level of all pairs."""
    from scipy.special import ndtri

    enough = np.flatnonzero(trials >= MINIMUM_TRIALS)
    one, other = enough[0], enough[-1]
    pairs = setting.groups * (setting.groups - 1) / 2
    c = -ndtri((1 - 0.95 ** (1 / pairs)) / 2)
    _, low, high = newcombe(hits[other], trials[other], hits[one], trials[one])
    return float(1.1 * c / 1.96 * (high - low))


def _signed_all(
    rng: np.random.Generator, setting: Setting, tables: list[tuple], repeats: int
) -> np.ndarray:
    """Return what `_signed` does of all tables, and of more where few of them can be estimated."""
    found = [_signed(setting, *table) for table in tables]
    lacking = repeats - int(np.isfinite(found).all(axis=1).sum())
    for _ in range(100 * repeats):
        if lacking <= 0:
            break
        found.append(_signed(setting, *setting.draw(rng)))
        lacking -= bool(np.isfinite(found[-1]).all())
    return np.array(found)


def _signed(setting: Setting, hits: np.ndarray, trials: np.ndarray) -> tuple[float, float]:
    """Return the share of estimable gaps, and of ratios, to the largest group that hold the truth."""
    base = int(np.argmax(setting.trials))
    others = np.flatnonzero((trials >= MINIMUM_TRIALS) & (np.arange(len(trials)) != base))
    if not len(others) or trials[base] < MINIMUM_TRIALS:
        return (np.nan, np.nan)
    sides = (hits[others], trials[others], hits[base], trials[base])
    own, other = setting.rates[others], setting.rates[base]
    gaps, ratios = newcombe(*sides), ratio(*sides)
    return (
        _share_held(gaps, own - other),
        _share_held(ratios, own / other) if hits[base] else np.nan,
    )


def _share_held(found: Interval, truth: np.ndarray) -> float:
    return float(np.mean((found.low <= truth) & (truth <= found.high)))


def _replayed(
    rng: np.random.Generator, setting: Setting, hits: np.ndarray, trials: np.ndarray
) -> float:
    """Return whether the percentile bootstrap holds: rows resampled, as their counts would fall."""
    low, high = bootstrap(rng, hits, trials, RESAMPLES)
    return float(low <= setting.gap <= high)


def bootstrap(
    rng: np.random.Generator, hits: np.ndarray, trials: np.ndarray, times: int
) -> tuple[float, float]:
    """Return the percentile interval of the largest gap over multinomial draws of the counts."""
    cells = np.concatenate([hits, trials - hits]).astype(float)
    drawn = rng.multinomial(int(cells.sum()), cells / cells.sum(), size=times)
    sizes = drawn[:, : len(hits)] + drawn[:, len(hits) :]
    with np.errstate(invalid="ignore"):
        rates = drawn[:, : len(hits)] / sizes
    return tuple(
        np.nanquantile(np.nanmax(rates, axis=1) - np.nanmin(rates, axis=1), [0.025, 0.975])
    )


def _holds(found: Interval, truth: float) -> float:
    return float(found.low <= truth + 1e-12 and truth <= found.high + 1e-12)


def fairlearn_itself() -> pd.DataFrame:
    """Return Fairlearn's own interval and the replay's, on the same 4,000 customers of 16 groups."""
    from fairlearn.metrics import MetricFrame, selection_rate

    rng = np.random.default_rng(7)
    group = np.repeat(np.arange(16), 250)
    selected = (rng.random(len(group)) < 0.2).astype(int)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = MetricFrame(
            metrics=selection_rate, y_true=selected, y_pred=selected, sensitive_features=group,
            n_boot=RESAMPLES, ci_quantiles=[0.025, 0.975], random_state=7,
        )  # fmt: skip
        own = [float(bound) for bound in frame.difference_ci()]
    hits, trials = np.bincount(group, weights=selected), np.bincount(group)
    replay = bootstrap(np.random.default_rng(7), hits, trials, RESAMPLES)
    found = worst_gap(hits, trials)
    rows = {
        "Fairlearn": (float(frame.difference()), *own),
        "its bootstrap from counts": (np.ptp(hits / trials), *replay),
        "equipoise": tuple(found),
    }
    return pd.DataFrame(rows, index=["largest gap", "low", "high"]).T


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=1000)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out")
    asked = parser.parse_args()
    customers = (2_000, 20_000, 200_000) if asked.large else (2_000, 20_000)
    rows = [measured(each, asked.repeats, asked.seed) for each in settings(customers)]
    table = pd.DataFrame(rows)
    if asked.out:
        table.to_csv(asked.out, index=False)
    with pd.option_context(
        "display.width", 200, "display.max_columns", 20, "display.max_rows", 500
    ):
        print(table.round(3).to_string(index=False))
        print(summary(table).to_string())
        print("\nOne table of 16 groups that do not differ, true gap 0:")
        print(fairlearn_itself().round(3).to_string())


def summary(table: pd.DataFrame) -> pd.Series:
    """Return the worst figure of each promise."""
    counted = table[table["estimable"] > 0.05]
    many = counted["least expected"] >= 10
    return pd.Series(
        {
            "least coverage of the largest gap": counted["coverage"].min(),
            "largest width / allowed (10 or more expected)": counted.loc[
                many, "width / allowed"
            ].max(),
            "signed gaps, least (10 or more expected)": counted.loc[many, "signed gaps"].min(),
            "signed gaps, most (10 or more expected)": counted.loc[many, "signed gaps"].max(),
            "signed gaps, least (fewer expected)": counted.loc[~many, "signed gaps"].min(),
            "ratios, least (10 or more expected)": counted.loc[many, "ratios"].min(),
            "ratios, most (10 or more expected)": counted.loc[many, "ratios"].max(),
            "ratios, least (fewer expected)": counted.loc[~many, "ratios"].min(),
            "largest share above the noise floor": counted["above floor"].max(),
            "bootstrap, least coverage": counted["bootstrap"].min(),
            "bootstrap, most coverage": counted["bootstrap"].max(),
        }
    ).round(3)


if __name__ == "__main__":
    main()
