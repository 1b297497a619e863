"""PyTorch's side of bench/engine.ts: the workloads of bench/workloads.ts, bit for bit. Prints one JSON line.

usage: torch_steps.py A|B|C100|C500|D|bags train|losses|infer1|infer32 THREADS BUDGET_MS
"""

import json
import math
import resource
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

SHAPES = {"A": (32, 2, (100,)), "B": (64, 10, (32, 32, 3)), "C100": (64, 5, 100), "C500": (64, 5, 500), "D": (16, 5, 128)}


def uniform01(seed, n):
    mask = 0xFFFFFFFF
    x = ((np.arange(1, n + 1, dtype=np.uint64) * 0x9E3779B1) & mask) ^ ((seed * 0x85EBCA77) & mask)
    x = ((x ^ (x >> 16)) * 0x7FEB352D) & mask
    x = ((x ^ (x >> 15)) * 0x846CA68B) & mask
    return ((x ^ (x >> 16)) >> 8).astype(np.float32) * np.float32(2**-24)


def uniform(seed, shape, limit):
    u = uniform01(seed, int(np.prod(shape)))
    return torch.from_numpy(((u * np.float32(2) - np.float32(1)) * np.float32(limit)).reshape(shape))


def glorot(seed, shape, fan_in, fan_out):
    return uniform(seed, shape, math.sqrt(6 / (fan_in + fan_out)))


def linear(weight):
    """From a weight [in, out]."""
    layer = nn.Linear(*weight.shape)
    layer.weight.data = weight.T.contiguous()
    layer.bias.data.zero_()
    return layer


def dense(seed, fan_in, fan_out):
    return linear(glorot(seed, (fan_in, fan_out), fan_in, fan_out))


def labels(seed, batch, classes):
    return torch.from_numpy(np.floor(uniform01(seed, batch).astype(np.float64) * classes).astype(np.int64))


def batch_of(name, index, size=None):
    batch, classes, shape = SHAPES[name]
    size = size or batch
    y = labels(2000 + index, size, classes)
    if isinstance(shape, int):
        ids = 1 + np.floor(uniform01(1000 + index, size * shape).astype(np.float64) * 9999)
        return torch.from_numpy(ids.astype(np.int64).reshape(size, shape)), y
    x = uniform(1000 + index, (size, *shape), 1)
    return (x.permute(0, 3, 1, 2).contiguous() if name == "B" else x), y


def perceptron():
    return nn.Sequential(dense(1, 100, 500), nn.ReLU(), dense(2, 500, 2))


def convolutional():
    def conv(seed, channels, filters):
        layer = nn.Conv2d(channels, filters, 3)
        weight = glorot(seed, (3, 3, channels, filters), 9 * channels, 9 * filters)
        layer.weight.data = weight.permute(3, 2, 0, 1).contiguous()
        layer.bias.data.zero_()
        return layer

    hidden = glorot(14, (1024, 64), 1024, 64).reshape(4, 4, 64, 64).permute(2, 0, 1, 3).reshape(1024, 64)
    return nn.Sequential(
        conv(11, 3, 32), nn.ReLU(), nn.MaxPool2d(2), conv(12, 32, 64), nn.ReLU(), nn.MaxPool2d(2),
        conv(13, 64, 64), nn.ReLU(), nn.Flatten(), linear(hidden), nn.ReLU(), dense(15, 64, 10),
    )


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(10000, 16)
        self.words.weight.data = uniform(21, (10000, 16), 0.05)
        self.lstm = nn.LSTM(16, 64, 2, batch_first=True)  # gates i, f, g, o
        for layer, (seed, fan_in) in enumerate(((22, 16), (24, 64))):
            part = lambda name: getattr(self.lstm, f"{name}_l{layer}")
            part("weight_ih").data.copy_(glorot(seed, (fan_in, 256), fan_in, 256).T)
            part("weight_hh").data.copy_(glorot(seed + 1, (64, 256), 64, 256).T)
            part("bias_ih").data.zero_()
            part("bias_hh").data.zero_()
            part("bias_hh").requires_grad_(False)  # one bias, as in Keras and here
        self.out = dense(26, 64, 5)

    def forward(self, x):
        return self.out(self.lstm(self.words(x))[0][:, -1])


class Transformer(nn.Module):
    def __init__(self, dropout):
        super().__init__()
        self.words = nn.Embedding(10000, 512)
        self.words.weight.data = uniform(31, (10000, 512), 0.05)
        at, i = np.arange(128)[:, None], np.arange(0, 512, 2)[None]
        angles = at / np.power(10000, i / 512)
        positions = np.zeros((128, 512), np.float32)
        positions[:, 0::2], positions[:, 1::2] = np.sin(angles), np.cos(angles)
        self.register_buffer("positions", torch.from_numpy(positions))
        self.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(512, 8, 2048, dropout, batch_first=True), 2)
        for layer, block in enumerate(self.encoder.layers):
            seed = 40 + 10 * layer
            weight = lambda k, n, m: glorot(seed + k, (n, m), n, m).T
            block.self_attn.in_proj_weight.data.copy_(torch.cat([weight(k, 512, 512) for k in range(3)]))
            block.self_attn.in_proj_bias.data.zero_()
            block.self_attn.out_proj.weight.data.copy_(weight(3, 512, 512))
            block.self_attn.out_proj.bias.data.zero_()
            block.linear1.weight.data.copy_(weight(4, 512, 2048))
            block.linear2.weight.data.copy_(weight(5, 2048, 512))
            block.linear1.bias.data.zero_()
            block.linear2.bias.data.zero_()
        self.out = dense(39, 512, 5)

    def forward(self, x):
        return self.out(self.encoder(self.words(x) * math.sqrt(512) + self.positions).mean(1))


def network(name, dropout):
    if name == "A":
        return perceptron()
    if name == "B":
        return convolutional()
    return Transformer(dropout) if name == "D" else Recurrent()


def training(name, dropout):
    net = network(name, dropout).train()
    trained = [p for p in net.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=1e-4 if name == "D" else 1e-3, eps=1e-7)
    data = [batch_of(name, b) for b in range(4)]

    def step(i):
        x, y = data[i % 4]
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def inference(name, size):
    net = network(name, 0.1).eval()
    x, _ = batch_of(name, 0, size)

    def step(_):
        with torch.inference_mode():
            return float(F.softmax(net(x), 1)[0, 0])

    return step


def bags():
    rows = 1 << 18
    table = nn.EmbeddingBag(rows, 16, mode="sum", sparse=True)
    table.weight.data = uniform(31, (rows, 16), 0.05)
    net = nn.Sequential(dense(32, 16, 32), nn.ReLU(), dense(33, 32, 2))
    # SparseAdam is lazy, as ours, but adds epsilon before the bias correction: with a tiny one both are the same
    sparse = torch.optim.SparseAdam(table.parameters(), lr=1e-3, eps=1e-12)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3, eps=1e-12)

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
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(net(table(flat, offsets, per_sample_weights=weights)), y)
        loss.backward()
        sparse.step()
        optimizer.step()
        return loss.item()

    return step


def busy_seconds():
    with open("/proc/stat") as stat:
        f = [int(x) for x in stat.readline().split()[1:9]]
    return (f[0] + f[1] + f[2] + f[5] + f[6] + f[7]) / 100


def time_steps(step, budget_ms):
    """As bench/timing.ts does."""
    losses, times, index, warm_from = [], [], 0, time.perf_counter()
    while True:
        losses.append(step(index))
        index += 1
        warm = time.perf_counter() - warm_from
        if not ((index < 20 or warm < 0.7) and warm < 2.5):
            break
    busy, own, start = busy_seconds(), time.process_time(), time.perf_counter()
    while (time.perf_counter() - start) * 1e3 < budget_ms or len(times) < 2:
        begin = time.perf_counter()
        losses.append(step(index))
        index += 1
        times.append((time.perf_counter() - begin) * 1e3)
    seconds, own = time.perf_counter() - start, time.process_time() - own
    others = (busy_seconds() - busy - own) / seconds
    times.sort()
    at = lambda share: times[int((len(times) - 1) * share)]
    return {
        "medianMs": at(0.5), "p90Ms": at(0.9), "minMs": at(0), "cpuMs": own * 1e3 / len(times), "steps": len(times), "firstLosses": losses[:4],
        "peakMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "othersBusy": max(0, others),
    }


def main():
    name, mode, threads, budget_ms = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    if mode.startswith("infer"):
        step = inference(name, int(mode[5:]))
    else:
        step = bags() if name == "bags" else training(name, 0.1 if mode == "train" else 0.0)
    timed = time_steps(step, budget_ms)
    print(json.dumps({**timed, "version": torch.__version__}))


main()
