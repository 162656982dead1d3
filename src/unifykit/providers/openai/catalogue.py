"""Models.

https://platform.openai.com/docs/api-reference/models
"""

from unifykit._core.mode import M
from unifykit._core.operation import SAFE, operation, paged
from unifykit.paging import Page
from unifykit.providers.openai.arguments import place
from unifykit.providers.openai.models import ModelInfo
from unifykit.providers.openai.resource import Listed, OpenAIResource


class Models(OpenAIResource[M]):
    """`p.openai.models`: what the account may use."""

    @paged
    async def list(self, page: str | None) -> Page[ModelInfo, str]:  # noqa: ARG002 -- OpenAI gives all of them at once
        """All models.

        https://platform.openai.com/docs/api-reference/models/list

        Example:
            >>> "gpt-5-mini" in [model.id for model in p.openai.models.list()]
            True
        """
        body = await self.fetch("get", "/models")
        return Page(Listed[ModelInfo].model_validate_json(body).data)

    @operation(SAFE)
    async def get(self, id: str) -> ModelInfo:  # noqa: A002
        """A model; `shutdown_date` tells when it will be switched off.

        https://platform.openai.com/docs/api-reference/models/retrieve

        Args:
            id: Its name.

        Example:
            >>> p.openai.models.get("gpt-4o").shutdown_date
            datetime.date(2027, 1, 14)
        """
        return ModelInfo.model_validate_json(await self.fetch("get", place("/models/{}", id)))
