"""Local counterparts of the platforms: everything runs without an account and without the network (extra ``sandbox``).

```python
from unifykit.sandbox import Sandbox

with Sandbox() as sandbox, sandbox.platforms() as p:
    p.github.repos.get("octocat/hello-world")
```
"""

from unifykit.sandbox.launcher import COUNTERPARTS, Sandbox

__all__ = ["COUNTERPARTS", "Sandbox"]
