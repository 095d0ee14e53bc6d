"""Compares two buckets of one endpoint with boto3, object by object: key, size, ETag, metadata, headers, tags.

It knows nothing of Logyard: what it calls equal is equal for any client. Prints one line of JSON.
Usage: compare.py ENDPOINT SOURCE DESTINATION
"""

import json
import sys
from concurrent.futures import ProcessPoolExecutor

import boto3
from botocore.config import Config

HEADERS = ("ContentType", "CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "Expires")


def client(endpoint):
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="compare",
        aws_secret_access_key="compare",
        config=Config(s3={"addressing_style": "path"}),
    )


def listing(endpoint, bucket):
    pages = client(endpoint).get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {entry["Key"]: (entry["Size"], entry["ETag"]) for page in pages for entry in page.get("Contents", [])}


def described(s3, bucket, key):
    head = s3.head_object(Bucket=bucket, Key=key)
    tags = s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]
    metadata = sorted(head["Metadata"].items())
    return [str(head.get(name)) for name in HEADERS], metadata, sorted((tag["Key"], tag["Value"]) for tag in tags)


def unequal(work):
    endpoint, source, destination, keys = work
    s3 = client(endpoint)
    return [key for key in keys if described(s3, source, key) != described(s3, destination, key)]


def main(endpoint, source, destination):
    left, right = listing(endpoint, source), listing(endpoint, destination)
    shared = sorted(key for key in left if key in right)
    size = max(1, len(shared) // 16)
    parts = [(endpoint, source, destination, shared[start : start + size]) for start in range(0, len(shared), size)]
    with ProcessPoolExecutor(max_workers=2) as pool:
        described_otherwise = [key for part in pool.map(unequal, parts) for key in part]
    print(json.dumps({
        "source": len(left),
        "destination": len(right),
        "missing": sorted(left.keys() - right.keys()),
        "extra": sorted(right.keys() - left.keys()),
        "different": [key for key in shared if left[key] != right[key]],
        "described_otherwise": described_otherwise,
    }))


if __name__ == "__main__":
    main(*sys.argv[1:])
