"""The process of a run killed at random moments; after a rerun the store must hold what an undisturbed one holds.

python -m trials kills [--times 200] [--seed 1] [--patients 150]

A clinic lives on, and two stores follow it through the same jobs in turn: landing, derivations, the search for duplicates, the
weekly merges, the reconciliation with Chatwoot. In the one each run is killed (kill -9) several times, at a random moment of a
step chosen at random, and then run to its end. All rows of both are compared then (what a search for duplicates has found
after the merges that followed from it: after one more search in both). Killed runs must not stay started.
"""

import argparse
import os
import random

from benchmarks.workplace import temporary_installation
from contact_hub.automation.jobs import FULL_PULL
from contact_hub.automation.partitions import today
from contact_hub.sandbox import DEFAULT_KEY, ChatwootServer, SandboxServer, generate_clinic
from trials.job_processes import Job, Steps, end_processes, kill_in_step
from trials.lives import live
from trials.outcome import Outcome, progress
from trials.stores import CLINIKO_KEY, Store, differences, two_stores

JOBS = ("daily", "merges", "full_import", "chatwoot", "channels", "merges", "hourly")
KILLS_A_RUN = 5
FOUND_BY_SEARCH = frozenset(
    ("duplicate_clusters", "duplicate_pairs", "contact_block_keys", "duplicate_statistics", "reviewed_pairs")
)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m trials kills", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--times", type=int, default=200, help="kills (default: 200)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--patients", type=int, default=150)
    chosen = parser.parse_args(arguments)
    outcome = Outcome(f"kills: {chosen.times} times, seed {chosen.seed}")
    os.environ[CLINIKO_KEY] = DEFAULT_KEY
    clinic = generate_clinic(patients=chosen.patients, today=today())
    with (
        temporary_installation(),
        SandboxServer(clinic, rate_limit=None) as cliniko,
        ChatwootServer() as chatwoot,
        two_stores(cliniko.url, chatwoot) as (disturbed, undisturbed),
    ):
        chatwoot.drop_webhooks = True
        trial = _Trial(disturbed, undisturbed, random.Random(chosen.seed), outcome)
        with progress("kills", chosen.times) as bar:
            trial.compare_after("full_import", 0)
            part = 0
            while trial.killed < chosen.times and len(outcome.faults) < 10:
                events = live(clinic, chatwoot, trial.chance, part)
                for store in (disturbed, undisturbed):
                    store.land(events)
                trial.compare_after(JOBS[part % len(JOBS)], min(KILLS_A_RUN, chosen.times - trial.killed))
                bar.update(0, completed=trial.killed)  # type: ignore[arg-type]
                part += 1
        trial.end()
        end_processes()
    return outcome.print()


class _Trial:
    def __init__(self, disturbed: Store, undisturbed: Store, chance: random.Random, outcome: Outcome) -> None:
        self.disturbed, self.undisturbed, self.chance, self.outcome = disturbed, undisturbed, chance, outcome
        self.killed = 0
        self._steps = {store.url: Steps(store) for store in (disturbed, undisturbed)}

    def compare_after(self, name: str, kills: int) -> None:
        """A job in both stores, killed so many times in the one first.

        In job ``merges`` the search comes before the merges, and what it finds is as of then: of a run that was killed after
        it had merged, the rerun searches among fewer contacts. So the tables of the search are compared after one more run in
        both stores, and all others, the merges among them, at once: a further run would heal what was lost there.
        """
        job = Job(name, today(), FULL_PULL if name == "full_import" else {})
        steps = self._steps[self.undisturbed.url]
        steps.forget()
        self._complete(job, self.undisturbed)
        took = steps.seconds()
        for _ in range(kills):
            self._kill(job, took)
        self._complete(job, self.disturbed)
        self._compare(name, but_for=FOUND_BY_SEARCH if name == "merges" else frozenset())
        if name == "merges":
            for store in (self.undisturbed, self.disturbed):
                self._complete(job, store)
            self._compare("merges once more")

    def _compare(self, name: str, but_for: frozenset[str] = frozenset()) -> None:
        for table, difference in differences(self.undisturbed.rows(), self.disturbed.rows()).items():
            if table.rpartition(".")[2] not in but_for:
                self.outcome.faults.append(f"after {name} and {self.killed} kills: {table} {difference}")

    def _complete(self, job: Job, store: Store) -> None:
        if said := job.complete(store):
            which = "undisturbed" if store is self.undisturbed else "disturbed"
            self.outcome.faults.append(f"{which} store, after {self.killed} kills: {said}")

    def _kill(self, job: Job, took: dict[str, float]) -> None:
        steps = self._steps[self.disturbed.url]
        steps.forget()
        step = self.chance.choice(sorted(took))
        if kill_in_step(job.start(self.disturbed), steps, step, self.chance, 1.3 * took[step]):
            self.killed += 1
            self.outcome.count(steps.going(), job.name)
        else:
            self.outcome.count("too late: it had ended", job.name)

    def end(self) -> None:
        """Nothing may be left of the killed."""
        job = Job("daily", today(), {})
        self._complete(job, self.disturbed)
        self._complete(job, self.undisturbed)
        if left := self.disturbed.unended_runs():
            self.outcome.faults.append(f"{left} killed runs stay started")
        for steps in self._steps.values():
            steps.close()
