"""A site that is done stays as it is."""


def test_a_second_run_changes_nothing(run) -> None:
    again = run()
    assert again.ok, again.failures
    assert again.changed == 0, again.changed_tasks


def test_a_look_at_it_changes_nothing(run) -> None:
    look = run("--check")
    assert look.ok, look.failures
    assert look.changed == 0, look.changed_tasks
