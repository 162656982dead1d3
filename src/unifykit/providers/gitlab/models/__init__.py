"""What GitLab's REST API returns, as frozen values.

A field is required only where nothing could be said without it, so the short forms in lists and in other things parse with
the same model as the full ones. Fields with a fixed set of values stay plain strings: the docstring lists the known ones,
an unknown one never fails. What has no field here is in `raw`.
"""

from .account import Event, PushData, Snippet, SnippetFile
from .ci import Artifact, ArtifactsFile, Commit, DetailedStatus, Job, Pipeline
from .issues import Board, BoardList, Issue, Label, Milestone, Note, References, TimeStats
from .merge_requests import Approval, Approvals, DiffRefs, MergeRequest
from .people import Group, Namespace, User
from .projects import Access, Permissions, Project, ProjectRef
from .registry import ImageRepository, ImageTag

__all__ = [
    "Access",
    "Approval",
    "Approvals",
    "Artifact",
    "ArtifactsFile",
    "Board",
    "BoardList",
    "Commit",
    "DetailedStatus",
    "DiffRefs",
    "Event",
    "Group",
    "ImageRepository",
    "ImageTag",
    "Issue",
    "Job",
    "Label",
    "MergeRequest",
    "Milestone",
    "Namespace",
    "Note",
    "Permissions",
    "Pipeline",
    "Project",
    "ProjectRef",
    "PushData",
    "References",
    "Snippet",
    "SnippetFile",
    "TimeStats",
    "User",
]
