"""PyTorch's side of bench/engine.ts: the workloads of bench/workloads.ts, bit for bit. Prints one JSON line.

usage: torch_steps.py perceptron|bags THREADS BUDGET_MS
"""

import json
import math
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


def uniform01(seed, n):
    mask = 0xFFFFFFFF
    x = ((np.arange(1, n + 1, dtype=np.uint64) * 0x9E3779B1) & mask) ^ ((seed * 0x85EBCA77) & mask)
    x = ((x ^ (x >> 16)) * 0x7FEB352D) & mask
    x = ((x ^ (x >> 15)) * 0x846CA68B) & mask
    return ((x ^ (x >> 16)) >> 8).astype(np.float32) * np.float32(2**-24)


def uniform(seed, shape, limit):
    u = uniform01(seed, int(np.prod(shape)))
    return torch.from_numpy(((u * np.float32(2) - np.float32(1)) * np.float32(limit)).reshape(shape))


def glorot(seed, fan_in, fan_out):
    layer = nn.Linear(fan_in, fan_out)
    layer.weight.data = uniform(seed, (fan_in, fan_out), math.sqrt(6 / (fan_in + fan_out))).T.contiguous()
    layer.bias.data.zero_()
    return layer


def labels(seed, batch, classes):
    return torch.from_numpy(np.floor(uniform01(seed, batch) * classes).astype(np.int64))


def perceptron():
    net = nn.Sequential(glorot(1, 100, 500), nn.ReLU(), glorot(2, 500, 2))
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, eps=1e-7)
    data = [(uniform(1000 + b, (32, 100), 1), labels(2000 + b, 32, 2)) for b in range(4)]

    def step(i):
        x, y = data[i % 4]
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def bags():
    rows = 1 << 18
    table = nn.EmbeddingBag(rows, 16, mode="sum", sparse=True)
    table.weight.data = uniform(31, (rows, 16), 0.05)
    net = nn.Sequential(glorot(32, 16, 32), nn.ReLU(), glorot(33, 32, 2))
    # SparseAdam is lazy, as ours, but adds epsilon before the bias correction: with a tiny one both are the same
    sparse = torch.optim.SparseAdam(table.parameters(), lr=1e-3, eps=1e-12)
    dense = torch.optim.Adam(net.parameters(), lr=1e-3, eps=1e-12)

    def batch(b):
        lengths = 500 + np.floor(uniform01(5000 + b, 32) * np.float64(1000)).astype(np.int64)
        ids = []
        for i, length in enumerate(lengths):
            u = uniform01(10_000 + b * 100 + i, int(length)).astype(np.float64)
            rank = np.floor((u * u * u).astype(np.float32).astype(np.float64) * rows).astype(np.uint64)
            ids.append(((rank * 0x9E3779B1) & 0xFFFFFFFF) >> 14)
        flat = torch.from_numpy(np.concatenate(ids).astype(np.int64))
        offsets = torch.from_numpy(np.concatenate([[0], np.cumsum(lengths)[:-1]]))
        return flat, offsets, torch.full((flat.numel(),), 1 / 32), labels(4000 + b, 32, 2)

    data = [batch(b) for b in range(16)]

    def step(i):
        flat, offsets, weights, y = data[i % 16]
        sparse.zero_grad(set_to_none=True)
        dense.zero_grad(set_to_none=True)
        loss = F.cross_entropy(net(table(flat, offsets, per_sample_weights=weights)), y)
        loss.backward()
        sparse.step()
        dense.step()
        return loss.item()

    return step


def busy_seconds():
    with open("/proc/stat") as stat:
        f = [int(x) for x in stat.readline().split()[1:9]]
    return (f[0] + f[1] + f[2] + f[5] + f[6] + f[7]) / 100


def main():
    workload, threads, budget_ms = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    torch.set_num_threads(threads)
    step = {"perceptron": perceptron, "bags": bags}[workload]()
    losses, times, index, warm_from = [], [], 0, time.perf_counter()
    while index < 20 or time.perf_counter() - warm_from < 0.7:
        losses.append(step(index))
        index += 1
    busy, own, start = busy_seconds(), time.process_time(), time.perf_counter()
    while (time.perf_counter() - start) * 1e3 < budget_ms:
        begin = time.perf_counter()
        step(index)
        index += 1
        times.append((time.perf_counter() - begin) * 1e3)
    seconds = time.perf_counter() - start
    others = (busy_seconds() - busy - (time.process_time() - own)) / seconds
    times.sort()
    at = lambda share: times[int((len(times) - 1) * share)]
    print(json.dumps({
        "medianMs": at(0.5), "p90Ms": at(0.9), "minMs": at(0), "steps": len(times),
        "firstLosses": losses[:4], "othersBusy": max(0, others), "version": torch.__version__,
    }))


main()
