"""A host that does not answer is left alone, and found again when it is back."""

import asyncio

import pytest

from waystage.engine.sending.breaker import STREAK, Breaker, CircuitOpen

pytestmark = pytest.mark.spec("6.3")


def fail(breaker: Breaker, times: int = STREAK) -> None:
    for _ in range(times):
        breaker.failed()


def test_a_few_failures_change_nothing() -> None:
    async def play() -> None:
        breaker = Breaker(rests=(60.0,))
        fail(breaker, STREAK - 1)
        await breaker.ready()
        breaker.succeeded()
        fail(breaker, STREAK - 1)
        await breaker.ready()

    asyncio.run(asyncio.wait_for(play(), 10))


def test_one_looks_and_when_it_is_answered_everybody_goes_on() -> None:
    async def play() -> None:
        breaker = Breaker(rests=(0.01,), patience=60)
        fail(breaker)
        await breaker.ready()
        others = [asyncio.ensure_future(breaker.ready()) for _ in range(3)]
        done, _ = await asyncio.wait(others, timeout=0.2)
        assert not done
        breaker.succeeded()
        await asyncio.gather(*others)

    asyncio.run(asyncio.wait_for(play(), 10))


def test_when_it_has_been_away_for_long_calls_fail_at_once() -> None:
    async def play() -> None:
        breaker = Breaker(rests=(60.0,), patience=0.0)
        fail(breaker)
        with pytest.raises(CircuitOpen, match="has not answered for"):
            await breaker.ready()

    asyncio.run(asyncio.wait_for(play(), 10))


def test_a_look_that_fails_opens_it_again() -> None:
    async def play() -> None:
        breaker = Breaker(rests=(0.01, 60.0), patience=0.5)
        fail(breaker)
        await breaker.ready()
        breaker.failed()
        with pytest.raises(CircuitOpen):
            await breaker.ready()

    asyncio.run(asyncio.wait_for(play(), 10))
