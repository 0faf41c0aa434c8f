"""The synthetic clinic: deterministic, true to its truth, and its knobs do what they say."""

import pandas as pd
import pytest

from benchmarks.linkage import Knobs, synthetic_clinic
from benchmarks.linkage.clinic import COLUMNS
from benchmarks.linkage.data import normalized
from benchmarks.linkage.records import HAS, SOURCES

SIZE = 6_000


@pytest.fixture(scope="module")
def clinic() -> tuple[pd.DataFrame, pd.Series]:
    frame, person = synthetic_clinic(SIZE)
    return normalized(frame), person


def together(frame: pd.DataFrame, person: pd.Series, column: str) -> pd.Series:
    """How many people have each value of the column."""
    return pd.Series(person.to_numpy()).groupby(frame[column].to_numpy()).nunique()


def test_the_same_seed_gives_the_same_clinic_and_another_seed_another() -> None:
    frame, person = synthetic_clinic(500, 7)
    again, who = synthetic_clinic(500, 7)
    pd.testing.assert_frame_equal(frame, again)
    pd.testing.assert_series_equal(person, who)
    assert not frame["family_name"].equals(synthetic_clinic(500, 8)[0]["family_name"])


@pytest.mark.parametrize("size", [1, 2, 3, 632])
def test_as_many_records_as_asked_for_each_with_one_person(size: int) -> None:
    frame, person = synthetic_clinic(size)
    assert list(frame.columns) == ["record_id", *COLUMNS]
    assert frame["record_id"].is_unique
    assert len(frame) == size
    assert list(person.index) == list(frame["record_id"])
    assert person.notna().all()
    assert not frame.isna().to_numpy().any() or all(value is None for value in frame.to_numpy().ravel() if pd.isna(value))


def test_a_record_agrees_with_its_person_except_for_mistakes(clinic: tuple[pd.DataFrame, pd.Series]) -> None:
    frame, person = clinic
    born = frame.assign(person=person.to_numpy()).dropna(subset=["date_of_birth"]).groupby("person")["date_of_birth"]
    several = born.nunique()[born.size() > 1]
    assert 0.9 < (several == 1).mean() < 1


def test_families_share_phones_and_emails_and_some_are_twins(clinic: tuple[pd.DataFrame, pd.Series]) -> None:
    frame, person = clinic
    for column in ("phone", "email"):
        assert (together(frame, person, column) > 1).mean() > 0.05
    twins = together(frame.assign(both=frame["suburb"] + frame["date_of_birth"] + frame["family_name"]), person, "both")
    assert (twins > 1).sum() > 5


def test_namesakes_and_skewed_names(clinic: tuple[pd.DataFrame, pd.Series]) -> None:
    frame, person = clinic
    assert (together(frame.assign(name=frame["given_name"] + " " + frame["family_name"]), person, "name") > 1).sum() > 20
    shares = frame["family_name"].value_counts(normalize=True)
    assert 0.005 < shares.iloc[0] < 0.05
    assert len(shares) > 1_000


def test_each_source_leaves_out_what_it_does(clinic: tuple[pd.DataFrame, pd.Series]) -> None:
    frame, _ = clinic
    raw, _ = synthetic_clinic(SIZE)
    assert set(frame["source"]) == set(SOURCES)
    assert raw.loc[raw["source"] == "whatsapp", "phone"].notna().all()
    whatsapp = frame[frame["source"] == "whatsapp"]
    assert whatsapp["date_of_birth"].isna().all()
    assert whatsapp["phone"].notna().mean() > 0.95
    filled = frame.groupby("source")["email"].apply(lambda column: column.notna().mean())
    assert all(abs(filled[name] - HAS[name][4]) < 0.12 for name in SOURCES)


def test_without_households_nearly_nobody_shares() -> None:
    frame, person = synthetic_clinic(3_000, 1, Knobs(households=False))
    clean = normalized(frame)
    assert (together(clean, person, "phone") > 1).mean() < 0.02
    assert (together(clean, person, "email") > 1).mean() < 0.02


def test_twice_the_errors_are_more_errors() -> None:
    def differing(errors: float) -> float:
        frame, person = synthetic_clinic(4_000, 1, Knobs(errors=errors))
        born = normalized(frame).assign(person=person.to_numpy()).dropna(subset=["date_of_birth"])
        return float((born.groupby("person")["date_of_birth"].nunique() > 1).mean())

    none, usual, dirty = (differing(errors) for errors in (0, 1, 2))
    assert none == 0 < usual < dirty


def test_the_share_of_people_with_duplicates() -> None:
    assert synthetic_clinic(2_000, 1, Knobs(duplicates=0))[1].is_unique
    sizes = synthetic_clinic(8_000, 1, Knobs(duplicates=0.5))[1].value_counts()
    assert 0.45 < (sizes > 1).mean() < 0.55


def test_missing_columns_are_empty() -> None:
    frame, _ = synthetic_clinic(300, 1, Knobs(missing=("phone", "date_of_birth")))
    assert frame[["phone", "date_of_birth"]].isna().all().all()
    assert frame["email"].notna().any()


def test_a_british_clinic_has_british_phones_and_postcodes() -> None:
    frame, _ = synthetic_clinic(500, 1, Knobs(region="GB"))
    phones = normalized(frame, "GB")["phone"].dropna()
    assert phones.str.startswith("+44").mean() > 0.97
    assert frame["postcode"].dropna().str.fullmatch(r"[A-Z]{1,2}\d{1,2} \d[A-Z]{2}").all()


def test_clean_formats_on_demand() -> None:
    frame, _ = synthetic_clinic(500, 1, Knobs(as_typed=False, errors=0))
    assert frame["date_of_birth"].dropna().str.fullmatch(r"\d{4}-\d\d-\d\d").all()
    assert frame["phone"].dropna().str.fullmatch(r"0\d{9}").all()


@pytest.mark.parametrize(
    ("knobs", "says"),
    [({"missing": ("shoe_size",)}, "shoe_size"), ({"region": "FR"}, "AU or GB"), ({"duplicates": 2}, "share")],
)
def test_impossible_knobs_are_refused(knobs: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Knobs(**knobs)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="at least one"):
        synthetic_clinic(0)


def test_house_numbers_and_postcodes_reach_the_peers(clinic: tuple[pd.DataFrame, pd.Series]) -> None:
    frame, _ = clinic
    raw = synthetic_clinic(len(frame), 1)[0]
    assert frame["postcode"].notna().sum() == raw["postcode"].notna().sum() > 0
    with_number = frame["address"].dropna().str.contains(r"\d")
    assert with_number.mean() > 0.9
