"""The engine: Spark Connect, served by Sail inside this process or by whatever ``SPARK_REMOTE`` names."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from pyspark.sql import SparkSession

from base.errors import StoreError
from base.settings import Settings


@contextmanager
def open_engine(settings: Settings) -> Iterator[SparkSession]:
    """A Spark Connect session for as long as the block runs.

    Opened inside the task that needs it, never at import: a server started before a fork hangs the child.
    Raises StoreError when a remote engine cannot be reached.
    """
    if settings.spark_remote:
        with _session(settings.spark_remote) as spark:
            yield spark
    else:
        with _embedded() as address, _session(address) as spark:
            # Else each column expression looks up the line that made it, which takes longer than making it.
            # Spark on the JVM takes this setting at its own start only.
            spark.conf.set("spark.python.sql.dataFrameDebugging.enabled", "false")
            yield spark


@contextmanager
def _embedded() -> Iterator[str]:
    os.environ.setdefault("RUST_LOG", "error")
    from pysail.spark import SparkConnectServer  # loads a large library: only where it is served

    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    try:
        _, port = server.listening_address
        yield f"sc://127.0.0.1:{port}"
    finally:
        server.stop()


@contextmanager
def _session(address: str) -> Iterator[SparkSession]:
    try:
        spark = SparkSession.builder.remote(address).create()
        # Times are the bank's wall clock; UTC keeps the engine from shifting them.
        spark.conf.set("spark.sql.session.timeZone", "UTC")
    except Exception as error:
        raise StoreError(
            f"the engine at {address} does not answer ({type(error).__name__}); "
            "start it, or unset SPARK_REMOTE to use the embedded one"
        ) from error
    # The client must close before the server, or it hangs at exit.
    try:
        yield spark
    finally:
        spark.stop()
