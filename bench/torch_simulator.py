"""The worker gradients of bench/simulator.ts in PyTorch, one thread, CPU time: forward, backward, flattened gradient."""
import time

import torch
from torch import nn

torch.set_num_threads(1)


def mlp(width):
    return nn.Sequential(nn.Flatten(), nn.Linear(784, width), nn.ReLU(), nn.Linear(width, 10))


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 16, 5, padding=2), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 5, padding=2), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32 * 49, 10))


def softmax():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 10))


CASES = [
    ("logistic regression", softmax, 4, 2000),
    ("logistic regression", softmax, 32, 2000),
    ("MLP 784-32-10", lambda: mlp(32), 4, 2000),
    ("MLP 784-32-10", lambda: mlp(32), 32, 1000),
    ("MLP 784-64-10", lambda: mlp(64), 32, 1000),
    ("CTMA CNN", cnn, 4, 200),
    ("CTMA CNN", cnn, 32, 60),
]

images = torch.randn(4096, 1, 28, 28)
labels = torch.randint(0, 10, (4096,))
loss_of = nn.CrossEntropyLoss()
for name, make, batch, count in CASES:
    model = make()
    parameters = list(model.parameters())

    def run(rounds):
        for i in range(rounds):
            at = (i * batch) % (4096 - batch)
            loss = loss_of(model(images[at:at + batch]), labels[at:at + batch])
            torch.cat([g.flatten() for g in torch.autograd.grad(loss, parameters)])

    run(count // 4)
    before = time.process_time()
    run(count)
    ms = 1000 * (time.process_time() - before) / count
    print(f"{name}, batch {batch}: {ms:.3f} ms, {1000 / ms:.0f} gradients/s a core", flush=True)
