# about: the teacher is a deepcopy that no optimizer knows, changed in place under no_grad, lent to the student
import copy

import torch
from torch import nn


class Student(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(6, 32), nn.BatchNorm1d(32), nn.SiLU())
        self.policy = nn.Linear(32, 3)

    def forward(self, x):
        return self.policy(self.body(x))


@torch.no_grad()
def ema_update(teacher, student, decay):
    for t, s in zip(teacher.parameters(), student.parameters()):
        t.mul_(decay).add_(s, alpha=1 - decay)
    for t, s in zip(teacher.buffers(), student.buffers()):
        t.copy_(s)


def main():
    torch.manual_seed(5)
    student = Student()
    teacher = copy.deepcopy(student).requires_grad_(False)
    teacher.eval()
    optimizer = torch.optim.RMSprop(student.parameters(), lr=1e-3)
    for step in range(25):
        clean = torch.randn(48, 6)
        noisy = clean + 0.1 * torch.randn_like(clean)
        target = teacher(clean).softmax(-1)  # no no_grad needed: nothing in the teacher requires grad
        assert not target.requires_grad
        labels = (clean[:, :3]).argmax(1)
        logits = student(noisy)
        consistency = nn.functional.kl_div(logits.log_softmax(-1), target, reduction="batchmean")
        loss = nn.functional.cross_entropy(logits, labels) + min(step / 10, 1.0) * consistency
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        ema_update(teacher, student, 0.9)

    backup = copy.deepcopy(student.state_dict())
    student.load_state_dict(teacher.state_dict())
    student.eval()
    x = torch.randn(200, 6)
    accuracy = (student(x).argmax(1) == x[:, :3].argmax(1)).float().mean().item()
    student.load_state_dict(backup)
    print(f"teacher accuracy {accuracy:.2f}")


main()
