"""The console's process holds no compiler and gives back what it frees. Seconds: it is loaded anew."""

import json
import subprocess
import sys

_ASKED = """
import json, sys
from console.memory import hold_little
hold_little()
from console.app import make_app
from console.pages.page import deeds, pages, replies
pages(), deeds(), replies()
import pyarrow as pa
heavy = {"numba", "sklearn", "z3", "pysail"} & {*sys.modules}
print(json.dumps([pa.default_memory_pool().backend_name, sorted(heavy)]))
"""


def test_the_desk_is_loaded_without_compiler_engine_prover_or_learner() -> None:
    """Each takes some 50 MiB; work that needs them imports them itself, or is another process's."""
    told = subprocess.run([sys.executable, "-c", _ASKED], capture_output=True, check=True, text=True)
    assert json.loads(told.stdout) == ["system", []]
