"""llm_paraphrase against a real server: what is asked, what is kept, what is counted, what is never paid twice."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted import scripted

from augeval import laws, registry
from augeval.augment.llm import fetch as fetching
from augeval.augment.llm.paraphrase import llm_paraphrase
from augeval.errors import AugevalError, BudgetExhausted, EndpointError, InputError, NotApplicable
from augeval.results import NOT_EVIDENCE

ROWS = ["the film is slow and it never finds its heart", "a warm and funny story about two old friends",
        "nobody in this cast seems to know why they are here"]  # fmt: skip


@pytest.fixture(scope="module")
def process():
    with scripted() as found:
        yield found


@pytest.fixture
def server(process, tmp_path, monkeypatch):
    """The server as it starts, a cache and an environment of the test's own, and no long waits."""
    fresh = {"calls": 0, "answered": 0, "most_in_flight": 0, "tokens": 0, "asked": {}, "bodies": [], "faults": []}
    process.settled().told(**fresh, always="paraphrase", key="", delay=0.0, fingerprint="scripted-1", obeyed={})
    monkeypatch.setenv("AUGEVAL_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setattr(fetching, "FIRST_WAIT", 0.01)
    fetching._down.clear()
    return process


def paraphrase(server, rows=ROWS, copies=None, **params):
    at = None if copies is None else np.array(copies)
    return llm_paraphrase.fn(rows, magnitude=None, copies=at, base_url=server.base_url, model="tiny", **params)


def spent(tmp_path):
    with sqlite3.connect(tmp_path / "cache" / "llm" / "replies.sqlite") as db:
        return db.execute("SELECT sum(requests), sum(tokens), sum(money) FROM account").fetchone()


class TestCopies:
    def test_a_row_is_asked_for_once_for_four_copies_and_again_for_the_fifth(self, server):
        rows = [ROWS[0]] * 5
        made = paraphrase(server, rows, [0, 1, 2, 3, 4])
        assert server.calls == 2
        assert len(set(made.rows)) == 5
        assert all(ROWS[0] in row for row in made.rows)

    def test_a_copy_is_the_same_whatever_is_asked_beside_it(self, server):
        together = paraphrase(server, [ROWS[0]] * 6 + [ROWS[1]] * 2, [0, 1, 2, 3, 4, 5, 0, 1])
        alone = paraphrase(server, [ROWS[0]], [5])
        assert alone.rows == [together.rows[5]]
        assert server.calls == 3

    def test_every_row_names_the_reply_that_it_came_from(self, server):
        made = paraphrase(server, [ROWS[0]] * 5, range(5))
        names = [note.split() for note in made.notes["reply"]]
        assert [item for _, item in names] == ["0", "1", "2", "3", "0"]
        assert len({key for key, _ in names}) == 2

    def test_texts_that_come_again_are_left_out_and_counted(self, server):
        server.told(always="same")
        made = paraphrase(server, [ROWS[0]] * 4, range(4))
        assert [row is None for row in made.rows] == [False, True, True, True]
        assert made.counts["unmade: duplicates"] == 3

    def test_another_seed_model_or_prompt_is_another_reply(self, server, tmp_path):
        own = tmp_path / "own.j2"
        own.write_text("Write {{ n }} of this:\n{{ row }}")
        for params in ({}, {"seed": 1}, {"seed": 2}, {"temperature": 0.1}, {"prompt": str(own)}, {"per_request": 2}):
            paraphrase(server, ROWS[:1], **params)
        assert server.calls == 6
        assert [body.get("seed") for body in server.counts()["bodies"]][:3] == [None, 1, 2]


class TestReplies:
    def test_a_second_time_costs_nothing_and_gives_the_same(self, server):
        first = paraphrase(server)
        assert server.calls == 3
        assert paraphrase(server).rows == first.rows
        assert paraphrase(server, budget={"requests": 0}, timeout=1.0, concurrency=9).rows == first.rows
        assert server.calls == 3

    @pytest.mark.parametrize(
        ("fault", "name"),
        [("refuse", "refused"), ("filter", "filtered"), ("length", "truncated"), ("malformed", "malformed"),
         ("talk", "malformed"), ("numbers", "malformed"), ("empty", "empty"), ("none", "empty"),
         ("400:this violates our content_filter", "filtered"), ("400:maximum context length is 8", "truncated")],
    )  # fmt: skip
    def test_an_answer_without_paraphrases_is_kept_with_its_status_and_counted(self, server, tmp_path, fault, name):
        server.told(faults=[fault])
        made = paraphrase(server, concurrency=1)
        assert [row is None for row in made.rows] == [True, False, False]
        assert made.counts[f"unmade: {name}"] == 1
        assert paraphrase(server).counts == made.counts
        assert server.calls == 3
        with sqlite3.connect(tmp_path / "cache" / "llm" / "replies.sqlite") as db:
            assert dict(db.execute("SELECT status, count(*) FROM reply GROUP BY status")) == {name: 1, "ok": 2}

    def test_json_with_talk_around_it_is_read(self, server):
        server.told(always="prose")
        assert all(paraphrase(server).rows)

    def test_rows_that_cannot_be_sent_are_counted_and_not_sent(self, server):
        rows = ["", " \x00\n", "x" * 100_000, "half \ud800 a letter", "fine words here", "🎬🎬"]
        made = paraphrase(server, rows)
        assert [row is None for row in made.rows] == [True, True, True, True, False, True]
        assert {name: made.counts[f"unmade: {name}"] for name in ("empty", "too long", "undecodable")} == {
            "empty": 3, "too long": 1, "undecodable": 1}  # fmt: skip
        assert server.calls == 1

    def test_nothing_usable_at_all_is_no_training_set(self, server):
        server.told(always="malformed")
        with pytest.raises(NotApplicable, match="tiny gave no usable paraphrase of 3 rows: 3 malformed"):
            paraphrase(server)

    def test_rows_of_a_server_that_plays_a_model_are_marked(self, server):
        assert paraphrase(server).counts[NOT_EVIDENCE] == 3
        server.told(fingerprint="fp_1")
        assert NOT_EVIDENCE not in paraphrase(server, seed=1).counts
        assert paraphrase(server, seed=1, evidence=False).counts[NOT_EVIDENCE] == 3

    def test_two_processes_that_want_the_same_replies_pay_once(self, server):
        server.told(delay=0.3)
        found = in_processes(*[{"rows": ROWS, "base_url": server.base_url}] * 3)
        assert found[0] == found[1] == found[2]
        assert all(found[0])
        assert server.calls == 3


CHILD = """
import json, sys
from augeval.augment.llm.paraphrase import llm_paraphrase
from augeval.errors import BudgetExhausted
try:
    print(json.dumps(llm_paraphrase.fn(**json.loads(sys.argv[1]), model="tiny").rows))
except BudgetExhausted:
    print(json.dumps("spent"))
"""


def in_processes(*calls):
    """What the calls give, each made in a process of its own, all at once."""
    started = [subprocess.Popen([sys.executable, "-c", CHILD, json.dumps(c)], stdout=subprocess.PIPE) for c in calls]
    return [json.loads(process.communicate()[0]) for process in started]


class TestFaults:
    @pytest.mark.parametrize("fault", ["429:0", "429", "500", "503", "408", "cut", "garbage"])
    def test_what_passes_is_tried_again(self, server, fault):
        server.told(faults=[fault, fault])
        assert all(paraphrase(server, ROWS[:1]).rows)
        assert server.calls == 3

    def test_a_retry_after_is_waited_for_by_everybody(self, server):
        server.told(faults=["429:1"])
        start = time.monotonic()
        assert all(paraphrase(server).rows)
        assert time.monotonic() - start >= 1.0
        assert server.calls == 4

    def test_a_used_up_quota_stops_at_once(self, server):
        server.told(always="quota")
        with pytest.raises(EndpointError, match="the quota is used up: You exceeded"):
            paraphrase(server, ROWS, concurrency=1)
        assert server.calls == 1

    def test_a_wrong_key_stops_at_once_and_is_not_shown(self, server, monkeypatch):
        server.told(key="right")
        monkeypatch.setenv("MY_KEY", "sk-wrong-and-secret")
        with pytest.raises(EndpointError, match=r"401.*The key in MY_KEY was not taken") as caught:
            paraphrase(server, ROWS, concurrency=1, api_key_env="MY_KEY")
        assert "sk-wrong" not in str(caught.value)
        assert server.calls == 1
        monkeypatch.delenv("MY_KEY")
        with pytest.raises(EndpointError, match="MY_KEY, which api_key_env names, is not set"):
            paraphrase(server, api_key_env="MY_KEY")

    @pytest.mark.parametrize("key", ["sk-told-to-everybody", 'sk-told"to\\every/body'])
    def test_a_key_that_comes_back_in_an_answer_is_kept_nowhere(self, server, tmp_path, monkeypatch, key):
        monkeypatch.setenv("OPENAI_API_KEY", key)
        server.told(always="tell")
        made = paraphrase(server)
        assert all("Bearer [key]" in row for row in made.rows)
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert files
        assert not [path for path in files if b"sk-told" in path.read_bytes()]
        server.told(always="400")
        with pytest.raises(EndpointError, match=r"on command, Bearer \[key\]"):
            paraphrase(server, ["another row that nobody has asked for"])

    def test_an_unknown_model_and_a_wrong_address_say_what_to_do(self, server):
        server.told(faults=["404:The model tiny does not exist."])
        with pytest.raises(EndpointError, match="Is 'tiny' a model of this server"):
            paraphrase(server, ROWS[:1])
        wrong = {"magnitude": None, "model": "tiny", "attempts": 2}
        with pytest.raises(EndpointError, match="does base_url end where the API begins"):
            llm_paraphrase.fn(ROWS, base_url=server.address, **wrong)
        with pytest.raises(EndpointError, match=r"cannot be reached.*2 attempts.*Is the server running"):
            llm_paraphrase.fn(ROWS, base_url="http://127.0.0.1:9/v1", **wrong)

    def test_a_server_that_hangs_is_given_up_and_charged_at_its_worst(self, server, tmp_path):
        server.told(faults=["hang"] * 2)
        with pytest.raises(EndpointError, match=r"did not answer within 0\.2 seconds \(2 attempts\)"):
            paraphrase(server, ROWS[:1], timeout=0.2, attempts=2)
        requests, tokens, _ = spent(tmp_path)
        assert requests == 2
        assert tokens > 1000

    def test_a_slow_answer_is_waited_for(self, server):
        server.told(always="slow:0.3")
        assert all(paraphrase(server, ROWS[:1], timeout=20.0).rows)

    def test_replies_that_came_before_the_fault_are_kept(self, server):
        server.told(faults=["paraphrase", "paraphrase", "quota"])
        with pytest.raises(EndpointError, match="quota"):
            paraphrase(server, concurrency=1)
        assert all(paraphrase(server).rows)
        assert server.calls == 4

    def test_a_server_that_wants_the_newer_name_of_the_limit_gets_it(self, server):
        server.told(always="newer")
        assert all(paraphrase(server).rows)
        assert "max_completion_tokens" in server.counts()["bodies"][-1]

    def test_not_more_than_so_many_are_under_way(self, server):
        server.told(delay=0.05)
        paraphrase(server, [f"row number {i} of many rows" for i in range(20)], concurrency=3)
        counts = server.counts()
        assert counts["most_in_flight"] == 3
        assert counts["calls"] == 20

    def test_it_works_where_a_loop_is_running_already(self, server):
        import asyncio

        async def in_a_notebook():
            return paraphrase(server)

        assert all(asyncio.run(in_a_notebook()).rows)

    def test_a_cache_that_cannot_be_written_stops_before_anything_is_asked(self, server, tmp_path, monkeypatch):
        (tmp_path / "wall").write_text("a file where a folder should be")
        monkeypatch.setenv("AUGEVAL_CACHE", str(tmp_path / "wall"))
        with pytest.raises(AugevalError, match=r"cannot be kept in .*AUGEVAL_CACHE"):
            paraphrase(server)
        assert server.calls == 0

    def test_a_damaged_store_is_named_and_nothing_is_asked(self, server, tmp_path):
        paraphrase(server)
        kept = tmp_path / "cache" / "llm" / "replies.sqlite"
        with closing(sqlite3.connect(kept)) as db, db:
            db.execute("UPDATE reply SET items = '[damaged'")
        for _ in range(2):
            with pytest.raises(AugevalError, match=r"replies\.sqlite.*move a damaged file away"):
                paraphrase(server)
            kept.with_name("replies.sqlite-wal").unlink(missing_ok=True)
            kept.write_bytes(b"no database" * 1000)
        assert server.calls == len(ROWS)

    def test_what_is_raised_while_the_store_is_open_is_not_put_down_to_it(self, server):
        from augeval.augment.llm.replies import Replies

        with pytest.raises(TimeoutError, match="somebody else"), Replies.open():
            raise TimeoutError("somebody else")


class TestBudget:
    MANY: ClassVar = [f"this is row number {i} of the many rows here" for i in range(30)]

    def test_requests_are_never_overspent_and_a_larger_budget_goes_on(self, server, tmp_path):
        with pytest.raises(BudgetExhausted, match=r"10 of 10 requests.*Enlarge budget"):
            paraphrase(server, self.MANY, budget={"requests": 10}, concurrency=8)
        assert server.calls == 10
        assert all(paraphrase(server, self.MANY, budget={"requests": 30}, concurrency=8).rows)
        assert server.calls == 30
        assert spent(tmp_path)[0] == 30

    def test_attempts_that_fail_count_as_requests(self, server):
        server.told(faults=["500", "500"])
        with pytest.raises(BudgetExhausted):
            paraphrase(server, self.MANY, budget={"requests": 5}, concurrency=1)
        assert server.counts()["answered"] == 3
        assert server.calls == 5

    @settings(max_examples=8, deadline=None)
    @given(limit=st.integers(0, 12_000), concurrency=st.integers(1, 12), seed=st.integers(0, 10**9))
    def test_tokens_are_never_overspent_whatever_the_limit(self, process, limit, concurrency, seed):
        process.told(tokens=0, asked={}, faults=[], always="paraphrase", key="", delay=0.0)
        params = {"budget": {"tokens": limit}, "concurrency": concurrency, "seed": seed}
        try:
            paraphrase(process, self.MANY[:12], **params)
        except BudgetExhausted:
            # What was left would not have covered one more request at its worst.
            assert process.counts()["tokens"] > limit - 2500
        assert process.counts()["tokens"] <= limit

    def test_money_is_counted_by_the_prices_of_the_experiment(self, server, tmp_path):
        prices = {"input": 2.0, "output": 8.0}
        paraphrase(server, self.MANY[:3], budget={"money": 1.0}, prices=prices)
        prompt, completion = 0, 0
        with sqlite3.connect(tmp_path / "cache" / "llm" / "replies.sqlite") as db:
            for (about,) in db.execute("SELECT about FROM reply"):
                counted = json.loads(about)
                prompt, completion = prompt + counted["prompt_tokens"], completion + counted["completion_tokens"]
        assert spent(tmp_path)[2] == pytest.approx((2 * prompt + 8 * completion) / 1e6)
        with pytest.raises(BudgetExhausted, match="money"):
            paraphrase(server, self.MANY[:3], seed=1, budget={"money": 1e-6}, prices=prices)

    @pytest.mark.parametrize("counts", ["uncounted", "half counted", "miscounted", "undercounted"])
    def test_an_answer_without_counts_that_can_be_is_kept_and_charged_at_its_worst(self, server, tmp_path, counts):
        server.told(always=counts)
        assert all(paraphrase(server, ROWS[:1], max_tokens=500).rows)
        assert server.calls == 1
        assert 1000 < spent(tmp_path)[1] < 10_000

    def test_two_processes_share_one_budget(self, server):
        server.told(delay=0.02)
        shared = {"base_url": server.base_url, "budget": {"requests": 12}}
        found = in_processes({"rows": self.MANY[:15], **shared}, {"rows": self.MANY[15:], **shared})
        assert found == ["spent", "spent"]
        assert server.calls == 12

    def test_what_a_killed_process_had_reserved_counts_as_spent_when_its_claim_runs_out(self, server, tmp_path):
        from augeval.augment.llm.budget import Amount, Budget
        from augeval.augment.llm.replies import Claim, Replies

        claim = Claim("key", "killed", "account", Amount(1, 700, 0.0), seconds=-1.0)
        with Replies.open() as store:
            assert store.take(claim, Budget(tokens=1000)) == "yours"
            mine = Claim("key", "living", "account", Amount(1, 400, 0.0), seconds=60.0)
            assert store.take(mine, Budget(tokens=1000)) == "spent"
            assert store.spent("account") == Amount(1, 700, 0.0)
            assert store.take(mine, Budget(tokens=1100)) == "yours"
            other = Claim("other", "third", "account", Amount(1, 400, 0.0), seconds=60.0)
            assert store.take(other, Budget(tokens=1499)) == "reserved"
            store.settle(mine, Amount(1, 100, 0.0))
            assert store.take(other, Budget(tokens=1499)) == "yours"


class TestRefusals:
    @pytest.mark.parametrize(
        ("params", "words"),
        [
            ({"base_url": "http://me:secret@host/v1"}, "without a user, a password"),
            ({"base_url": "http://host/v1?api-key=secret"}, "anything after a question mark"),
            ({"base_url": "host"}, "is an address such as"),
            ({"api_key_env": "sk-proj-secret"}, "never the key itself"),
            ({"budget": {"money": 3.0}}, "needs prices"),
            ({"prompt": "nowhere.j2"}, "There is no prompt nowhere.j2"),
        ],
    )
    def test_what_cannot_work_is_refused_before_anything_is_asked(self, params, words):
        given = {"base_url": "http://127.0.0.1:9/v1", "model": "tiny", **params}
        with pytest.raises(InputError, match=words) as caught:
            llm_paraphrase.needed(given)
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize("law", laws.LAWS["augmenter"], ids=lambda law: law.__name__)
def test_it_obeys_the_laws_of_augmenters(law, server, tmp_path_factory, monkeypatch):
    monkeypatch.setenv("AUGEVAL_CACHE", str(tmp_path_factory.getbasetemp() / "llm-laws"))  # each reply comes once
    dataset = registry.get("dataset", "docstrings").fn()
    law(llm_paraphrase, dataset, None, base_url=server.base_url, model="tiny", concurrency=16)


def test_no_key_is_needed_where_none_is_set_and_the_usual_one_is_taken_where_it_is(server, monkeypatch):
    assert "OPENAI_API_KEY" not in os.environ
    assert all(paraphrase(server).rows)
    server.told(key="sk-right")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-right")
    assert all(paraphrase(server, seed=3).rows)
