"""Fine-tuning.

https://platform.openai.com/docs/api-reference/fine-tuning
"""

from collections.abc import Mapping
from typing import Any

from unifykit._core.mode import M
from unifykit._core.operation import IDEMPOTENT, SAFE, UNSAFE, operation, paged
from unifykit.paging import Page
from unifykit.providers.openai.arguments import filled, given, place
from unifykit.providers.openai.models import FineTuningEvent, FineTuningJob
from unifykit.providers.openai.resource import OpenAIResource

_JOBS = "/fine_tuning/jobs"
_JOB = f"{_JOBS}/{{}}"
_PAGE = 100


class FineTuning(OpenAIResource[M]):
    """`p.openai.fine_tuning`: models that learn from your examples.

    OpenAI is closing this to the public: organizations that have not used it cannot make new jobs.
    https://platform.openai.com/docs/deprecations
    """

    @operation(UNSAFE)
    async def create(
        self, model: str, training_file: str, *, validation_file: str | None = None, suffix: str | None = None,
        method: Mapping[str, Any] | None = None, seed: int | None = None, metadata: Mapping[str, str] | None = None,
    ) -> FineTuningJob:  # fmt: skip
        """Begin a job.

        https://platform.openai.com/docs/api-reference/fine-tuning/create

        Args:
            model: The model that learns.
            training_file: The id of an uploaded file of purpose ``"fine-tune"``.
            validation_file: The id of a file to measure by.
            suffix: Up to 64 characters of the new model's name.
            method: How it learns, as the API describes it.
            seed: Asks for the same result of the same job.
            metadata: Up to 16 texts that are kept with the job.

        Example:
            >>> lines = b'{"messages": []}' + bytes([10])
            >>> examples = p.openai.files.upload(("data.jsonl", lines * 10), purpose="fine-tune")
            >>> p.openai.fine_tuning.create("gpt-4.1-mini", examples.id).status
            'validating_files'
        """
        fields = {
            "model": filled("model", model), "training_file": filled("training_file", training_file),
            "validation_file": validation_file, "suffix": suffix, "method": method, "seed": seed, "metadata": metadata,
        }  # fmt: skip
        return FineTuningJob.model_validate_json(await self.fetch("post", _JOBS, given(fields)))

    @paged
    async def list(self, page: str | None) -> Page[FineTuningJob, str]:
        """Your jobs, the newest first.

        https://platform.openai.com/docs/api-reference/fine-tuning/list

        Example:
            >>> p.openai.fine_tuning.list().collect()
            []
        """
        return await self.fetch_page(FineTuningJob, page, _JOBS, {}, _PAGE)

    @operation(SAFE)
    async def get(self, id: str) -> FineTuningJob:  # noqa: A002
        """A job.

        https://platform.openai.com/docs/api-reference/fine-tuning/retrieve

        Args:
            id: Its id.

        Example:
            >>> p.openai.fine_tuning.get("ftjob-none")
            Traceback (most recent call last):
            unifykit.errors.NotFoundError: ...
        """
        return FineTuningJob.model_validate_json(await self.fetch("get", place(_JOB, id)))

    @operation(IDEMPOTENT)
    async def cancel(self, id: str) -> FineTuningJob:  # noqa: A002
        """Stop a job.

        https://platform.openai.com/docs/api-reference/fine-tuning/cancel

        Args:
            id: Its id.

        Raises:
            InvalidRequestError: It is over.

        Example:
            >>> lines = b'{"messages": []}' + bytes([10])
            >>> examples = p.openai.files.upload(("data.jsonl", lines * 10), purpose="fine-tune")
            >>> job = p.openai.fine_tuning.create("gpt-4.1-mini", examples.id)
            >>> p.openai.fine_tuning.cancel(job.id).is_over
            True
        """
        return FineTuningJob.model_validate_json(await self.fetch("post", place(f"{_JOB}/cancel", id)))

    @paged
    async def events(self, page: str | None, id: str) -> Page[FineTuningEvent, str]:  # noqa: A002
        """What happened to a job, the newest first.

        https://platform.openai.com/docs/api-reference/fine-tuning/list-events

        Args:
            id: Its id.

        Example:
            >>> lines = b'{"messages": []}' + bytes([10])
            >>> examples = p.openai.files.upload(("data.jsonl", lines * 10), purpose="fine-tune")
            >>> job = p.openai.fine_tuning.create("gpt-4.1-mini", examples.id)
            >>> len(p.openai.fine_tuning.events(job.id).collect())
            2
        """
        return await self.fetch_page(FineTuningEvent, page, place(f"{_JOB}/events", id), {}, _PAGE)
