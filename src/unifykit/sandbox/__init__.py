"""Local counterparts of the platforms: everything runs without an account and without the network (extra ``sandbox``).

```python
from unifykit.sandbox import Sandbox

with Sandbox() as sandbox, sandbox.platforms() as p:
    p.github.repos.get("octocat/hello-world")
```
"""

from unifykit.sandbox.faults import Asked, Faults, Ways, When
from unifykit.sandbox.launcher import COUNTERPARTS, Sandbox
from unifykit.sandbox.snapshots import Snapshot

__all__ = ["COUNTERPARTS", "Asked", "Faults", "Sandbox", "Snapshot", "Ways", "When"]
