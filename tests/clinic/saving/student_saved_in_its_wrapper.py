# code: TW802
# numbers: module.
# about: write_weights serves the plain teacher too; hand it student.module
import os
import tempfile
import torch
from torch import nn

FOLDER = tempfile.mkdtemp()


def mlp(width):
    return nn.Sequential(nn.Linear(6, width), nn.ReLU(), nn.Linear(width, 3))


def write_weights(model, name):
    target = os.path.join(FOLDER, name + ".pt")
    torch.save(model.state_dict(), target)
    return target


def distil(teacher, student, steps=5):
    optimizer = torch.optim.Adam(student.parameters())
    for _ in range(steps):
        x = torch.randn(16, 6)
        loss = nn.functional.mse_loss(student(x), teacher(x).detach())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


torch.manual_seed(0)
teacher = mlp(64)
write_weights(teacher, "teacher")
student = nn.DataParallel(mlp(8))
print(distil(teacher, student))
path = write_weights(student, "student")  # <- culprit
# mended: path = write_weights(student.module, "student")
small = mlp(8)
small.load_state_dict(torch.load(path))  # <- or here
print(small(torch.zeros(1, 6)))
