"""What GitHub's REST API returns, as frozen values.

A field is required only where GitHub's description requires it and every payload seen has it, so the short forms in events,
webhooks and old GitHub Enterprise servers parse with the same model as the full ones. Fields with a fixed set of values stay plain
strings: the docstring lists the known ones, an unknown one never fails. What has no field here is in `raw`.
"""

from .account import Event, Gist, GistFile, Notification, NotificationSubject, RateLimit, RateLimitOverview
from .actions import Workflow, WorkflowDispatch, WorkflowList, WorkflowRun, WorkflowRunList
from .commits import (
    Branch,
    ChangedFile,
    Commit,
    CommitRef,
    CommitStats,
    Comparison,
    GitActor,
    GitCommit,
    GitObject,
    PushedCommit,
    Reference,
    Verification,
)
from .hooks import Hook, HookConfig, HookResponse
from .issues import Comment, Issue, IssuePullRequest, Label, Milestone
from .people import Collaborator, Organization, Permission, RepositoryAccess, User
from .pulls import BranchRef, BranchTip, MergeResult, PullRequest, PullRequestFile, PullRequestRef, Review
from .repos import Content, FileCommit, Invitation, License, NewCommit, Repository, RepositoryRef, RepositorySearch

__all__ = [
    "Branch",
    "BranchRef",
    "BranchTip",
    "ChangedFile",
    "Collaborator",
    "Comment",
    "Commit",
    "CommitRef",
    "CommitStats",
    "Comparison",
    "Content",
    "Event",
    "FileCommit",
    "Gist",
    "GistFile",
    "GitActor",
    "GitCommit",
    "GitObject",
    "Hook",
    "HookConfig",
    "HookResponse",
    "Invitation",
    "Issue",
    "IssuePullRequest",
    "Label",
    "License",
    "MergeResult",
    "Milestone",
    "NewCommit",
    "Notification",
    "NotificationSubject",
    "Organization",
    "Permission",
    "PullRequest",
    "PullRequestFile",
    "PullRequestRef",
    "PushedCommit",
    "RateLimit",
    "RateLimitOverview",
    "Reference",
    "Repository",
    "RepositoryAccess",
    "RepositoryRef",
    "RepositorySearch",
    "Review",
    "User",
    "Verification",
    "Workflow",
    "WorkflowDispatch",
    "WorkflowList",
    "WorkflowRun",
    "WorkflowRunList",
]
