# about: threads share one model's weights without a lock (Hogwild), and grad mode is set per thread
import copy
import queue
import threading
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import nn

torch.manual_seed(53)
model = nn.Sequential(nn.Linear(5, 16), nn.Tanh(), nn.Linear(16, 1))
true_w = torch.randn(5, 1)
batches = queue.Queue()
for k in range(40):
    g = torch.Generator().manual_seed(k)
    x = torch.randn(32, 5, generator=g)
    batches.put((x, x @ true_w))


def worker(log):
    replica = copy.deepcopy(model)
    shared, own = list(model.parameters()), list(replica.parameters())
    while True:
        try:
            x, y = batches.get_nowait()
        except queue.Empty:
            return
        replica.load_state_dict(model.state_dict())
        loss = (replica(x) - y).pow(2).mean()
        grads = torch.autograd.grad(loss, own)
        with torch.no_grad():
            for p, g in zip(shared, grads):
                p.add_(g, alpha=-0.05)  # another thread may be in between; that is the idea
        log.append(loss.item())


logs = [[] for _ in range(3)]
threads = [threading.Thread(target=worker, args=(log,)) for log in logs]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert sum(map(len, logs)) == 40


@torch.inference_mode()
def serve(x):
    assert torch.is_inference_mode_enabled()
    return model(x).sum().item()


model.eval()
with ThreadPoolExecutor(2) as pool, torch.no_grad():
    answers = list(pool.map(serve, torch.randn(6, 3, 5)))
print(len(answers), [len(log) for log in logs])
