"""Cut OpenAI's OpenAPI description down to what the sandbox speaks: python trim_openai.py openapi.json.gz

The input is the documented description of the repository openai/openai-openapi as JSON, gzipped. Kept are the operations
named here with every component they reference; prose, examples and vendor extensions are left out.
"""

import gzip
import json
import sys
from pathlib import Path

from trim_openapi import kept, write

OUTPUT = Path(__file__).with_name("openai-openapi.json.gz")
PATHS = """
/audio/speech /audio/transcriptions /audio/translations /chat/completions /conversations /conversations/{conversation_id}
/conversations/{conversation_id}/items /conversations/{conversation_id}/items/{item_id} /embeddings /files
/files/{file_id} /files/{file_id}/content /fine_tuning/jobs /fine_tuning/jobs/{fine_tuning_job_id}
/fine_tuning/jobs/{fine_tuning_job_id}/cancel /fine_tuning/jobs/{fine_tuning_job_id}/events /images/edits
/images/generations /models /models/{model} /responses /responses/{response_id} /responses/{response_id}/input_items
"""
LOOSE = ("CreateChatCompletionStreamResponse", "ErrorResponse")
"""Components that no kept path refers to by a plain reference: chunks of a stream, and refusals."""


def main(source):
    write(OUTPUT, kept(json.loads(gzip.decompress(Path(source).read_bytes())), PATHS.split(), LOOSE))


if __name__ == "__main__":
    main(sys.argv[1])
