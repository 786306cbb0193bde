"""Loading tables: types, columns, dates, caching, and what is said when something is missing."""

import json
import shutil
import time

import numpy as np
import pandas as pd
import pytest

from mktlib import data, world
from mktlib.errors import DataError


@pytest.fixture
def small(active, small_world):
    active(small_world)
    return small_world


@pytest.fixture
def own_copy(active, small_world, tmp_path):
    """A world that the test may damage, in a folder with a blank and Chinese characters in its name."""
    folder = tmp_path / "我的 world"
    shutil.copytree(small_world, folder)
    active(folder)
    return folder


def test_all_tables_load_with_the_columns_of_the_dictionary(small):
    for name in data.tables():
        assert list(data.load(name).columns) == list(data.describe(name)["column"])


def test_columns_and_their_order_can_be_chosen(small):
    assert list(data.load("orders", columns=["amount", "order_id"]).columns) == ["amount", "order_id"]
    assert list(data.load("orders", columns="amount").columns) == ["amount"]


def test_start_and_end_are_both_included_whole_days(small):
    week = data.load("calendar", start="2025-06-16", end="2025-06-18")
    assert week["date"].dt.day.tolist() == [16, 17, 18]
    june = data.load("orders", start="2025-06-01", end="2025-06-30")
    every = data.load("orders")
    assert len(june) == (every["ordered_at"].dt.strftime("%Y-%m") == "2025-06").sum() > 0


def test_start_on_a_table_without_dates_is_refused_with_a_reason(small):
    with pytest.raises(DataError, match="no date column"):
        data.load("order_items", start="2025-01-01")


def test_what_a_learner_does_to_a_table_stays_with_the_learner(small):
    mine = data.load("orders")
    before = mine["amount"].sum()
    mine["amount"] = 0.0
    mine.loc[:, "store"] = "mine"
    again = data.load("orders")
    assert again["amount"].sum() == before and "mine" not in set(again["store"])


def test_types_are_plain(small):
    sessions, orders = data.load("web_sessions"), data.load("orders")
    assert sessions["customer_id"].dtype == "Int64" and sessions["order_id"].dtype == "Int64"
    assert orders["order_id"].dtype == np.int64 and orders["amount"].dtype == np.float64
    assert pd.api.types.is_datetime64_any_dtype(orders["ordered_at"])
    assert orders["store"].dtype == "str" and not orders["campaign"].isna().any()
    assert data.load("calendar")["promo_peak"].dtype == bool


def test_csv_and_parquet_agree_on_empty_texts(small):
    assert set(data.load("calendar")["promo"]) >= {"", "618"}
    assert "" in set(data.load("web_sessions")["campaign"])


def test_every_column_has_a_chinese_term_and_a_meaning(small):
    for name in data.tables():
        told = data.describe(name)
        assert list(told.columns) == ["column", "term_zh", "unit", "meaning"]
        assert (told["term_zh"] != "").all() and (told["meaning"] != "").all()


def test_a_misspelt_table_is_answered_with_the_nearest_name(small):
    with pytest.raises(DataError, match=r"There is no table 'order'; did you mean 'orders'\?"):
        data.load("order")


def test_a_misspelt_column_is_answered_with_the_nearest_name(small):
    with pytest.raises(DataError, match=r"'orders' has no column 'amonut'; did you mean 'amount'\?"):
        data.load("orders", columns=["amonut"])


def test_the_message_of_a_wrong_name_has_no_extra_quotes(small):
    with pytest.raises(DataError) as caught:
        data.load("zzz")
    assert str(caught.value).startswith("There is no table 'zzz'; there are: calendar")


def test_a_missing_file_names_the_remedy(own_copy):
    (own_copy / "refunds.parquet").unlink()
    with pytest.raises(DataError, match=r"refunds\.parquet.*course\.py doctor"):
        data.load("refunds")


def test_a_damaged_file_names_the_remedy_and_the_table(own_copy):
    (own_copy / "orders.parquet").write_bytes(b"PAR1 this is not a table")
    with pytest.raises(DataError, match=r"'orders'.*course\.py doctor"):
        data.load("orders")


def test_a_damaged_package_file_names_the_remedy(own_copy):
    (own_copy / "datapackage.json").write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match=r"damaged.*course\.py doctor"):
        data.tables()


def test_a_folder_without_a_world_is_refused(tmp_path):
    with pytest.raises(DataError, match="holds no datapackage"):
        world.use(tmp_path)


def test_a_folder_with_blanks_and_chinese_characters_works(own_copy):
    assert len(data.load("orders")) > 0 and len(data.load("calendar")) == 1186


def test_the_environment_can_choose_the_world(small_world, monkeypatch):
    monkeypatch.setenv("MKTLIB_WORLD", str(small_world))
    assert data.folder() == small_world
    assert world.truth()["seed"] == 3


def test_worlds_have_different_fingerprints_and_data(active, small_world, standard_world):
    active(small_world)
    one, orders = data.fingerprint(), len(data.load("orders"))
    active(standard_world)
    assert data.fingerprint() != one and len(data.load("orders")) != orders


def test_the_largest_table_comes_fast_and_then_at_once(active, standard_world):
    active(standard_world)
    data._cached.cache_clear()
    start = time.process_time()  # of processors: other work on the machine does not count
    first = data.load("web_sessions")
    cold, start = time.process_time() - start, time.process_time()
    data.load("web_sessions")
    assert len(first) > 900_000
    assert cold < 4  # about 0.9 s
    assert time.process_time() - start < 0.1


def test_shipped_files_are_whole_and_small(standard_world):
    import hashlib

    package = json.loads((standard_world / "datapackage.json").read_text(encoding="utf-8"))
    files = [file for one in package["resources"] for file in one["files"]]
    for file in files:
        content = (standard_world / file["path"]).read_bytes()
        assert len(content) == file["bytes"] < 4_000_000
        assert "sha256:" + hashlib.sha256(content).hexdigest() == file["hash"]
    assert sum(file["bytes"] for file in files) < 20_000_000


def test_csv_files_open_in_excel(standard_world):
    for name in ("calendar", "products", "team_kpi"):
        assert (standard_world / f"{name}.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_a_wrong_environment_variable_is_named(monkeypatch, tmp_path):
    world.use(None)
    monkeypatch.setenv("MKTLIB_WORLD", str(tmp_path))
    with pytest.raises(DataError, match="MKTLIB_WORLD names that folder"):
        data.load("orders")
