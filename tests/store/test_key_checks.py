from bot.store.connection import Client
from bot.store.key_checks import RedisKeyChecks
from bot.vault import KeyRing, generate_key


async def test_the_same_keys_again_are_good(redis: Client) -> None:
    checks = RedisKeyChecks(redis)
    ring = KeyRing.parse(f"{generate_key('a')},{generate_key('b')}")
    assert (await checks.compare(ring.check_values())).is_good
    await checks.remember(ring.check_values())
    assert (await checks.compare(ring.check_values())).is_good


async def test_an_added_key_is_good(redis: Client) -> None:
    checks = RedisKeyChecks(redis)
    old = generate_key("a")
    await checks.remember(KeyRing.parse(old).check_values())
    assert (await checks.compare(KeyRing.parse(f"{generate_key('b')},{old}").check_values())).is_good


async def test_another_key_under_a_known_id_is_found_and_does_not_replace_it(redis: Client) -> None:
    checks = RedisKeyChecks(redis)
    first, second = (KeyRing.parse(generate_key("a")).check_values() for _ in range(2))
    await checks.remember(first)
    await checks.remember(second)
    found = await checks.compare(second)
    assert (found.changed, found.missing, found.is_good) == (("a",), (), False)
    assert (await checks.compare(first)).is_good


async def test_a_missing_key_is_found_until_it_is_forgotten(redis: Client) -> None:
    checks = RedisKeyChecks(redis)
    await checks.remember(KeyRing.parse(f"{generate_key('a')}").check_values())
    new = KeyRing.parse(generate_key("b")).check_values()
    found = await checks.compare(new)
    assert (found.changed, found.missing, found.is_good) == ((), ("a",), False)
    await checks.forget("a")
    assert (await checks.compare(new)).is_good
