"""Start the program: `--version` is answered before the command line is built."""

import _signal  # type: ignore[import-not-found]  # built in and loaded; `signal` itself takes time to load
import sys


def main() -> None:
    """Run the command that `sys.argv` names, and exit with its exit code."""
    deferred = _defer_signals()
    import os

    from cxcall.runtime import process_exit
    from cxcall.runtime.process_exit import exit_process

    process_exit.is_command = True
    if sys.argv[1:] == ["--version"]:
        from cxcall.version import __version__

        exit_process(0, f"cxcall {__version__}\n")
    import gc

    # A command ends before its garbage matters, and collecting it would cost 8 % of a send.
    gc.disable()
    from cxcall.runtime import signals

    signals.deferred = deferred
    from cxcall.cli.main import run

    if "_CXCALL_COMPLETE" in os.environ:
        from cxcall.cli.completion_candidates import complete

        exit_process(0, complete(sys.argv[1:], os.environ) + "\n")
    exit_process(run(sys.argv[1:]))


def _defer_signals() -> "list[int]":
    """Collect the signals that end a command in a list from now on, and return the list.

    An exception in the middle of an import could be lost, or end a library in Rust with a panic.
    """
    deferred: list[int] = []

    def keep(number: int, _frame: object) -> None:
        deferred.append(number)

    # As in `STOP_SIGNALS`, before anything is imported.
    for name in (
        "SIGINT",
        "SIGTERM",
        "SIGHUP",
    ):
        number = getattr(_signal, name, None)  # Windows has no SIGHUP
        if number is not None and _signal.getsignal(number) != _signal.SIG_IGN:
            _signal.signal(number, keep)
    return deferred


if __name__ == "__main__":
    main()
