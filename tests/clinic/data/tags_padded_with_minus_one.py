# code: TW601
# numbers: -1
# about: the collate function pads the tags with -1, the loss only leaves out -100
import torch
import torch.nn as nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader

torch.manual_seed(19)
TAGS = ["O", "B-DRUG", "I-DRUG", "B-DOSE", "I-DOSE"]


def make_sentence():
    length = int(torch.randint(4, 12, (1,)))
    words = torch.randint(1, 50, (length,))
    return words, words % len(TAGS)


def pad_batch(samples):
    words, tags = zip(*samples)
    mask = pad_sequence([torch.ones_like(w, dtype=torch.bool) for w in words], batch_first=True)
    words = pad_sequence(words, batch_first=True, padding_value=0)
    tags = pad_sequence(tags, batch_first=True, padding_value=-1)  # <- culprit
    # mended: tags = pad_sequence(tags, batch_first=True, padding_value=-100)
    return {"words": words, "tags": tags, "mask": mask}


class Tagger(nn.Module):
    def __init__(self, vocab_size=50, dim=24, window=3):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, dim, padding_idx=0)
        self.context = nn.Conv1d(dim, dim, window, padding=window // 2)
        self.classify = nn.Linear(dim, len(TAGS))

    def forward(self, words, mask):
        e = self.embedding(words)
        c = self.context(e.transpose(1, 2)).transpose(1, 2)
        return self.classify(torch.relu(c + e)) * mask.unsqueeze(-1)


class Trainer:
    def __init__(self, model, lr=5e-3):
        self.model = model
        self.optimizer = torch.optim.Adam(model.parameters(), lr=lr)
        self.loss_fn = nn.CrossEntropyLoss()  # <- or here

    def step(self, batch):
        scores = self.model(batch["words"], batch["mask"])
        loss = self.loss_fn(scores.reshape(-1, len(TAGS)), batch["tags"].reshape(-1))
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def fit(self, loader, epochs):
        for epoch in range(epochs):
            losses = [self.step(batch) for batch in loader]
            print(f"epoch {epoch}: {sum(losses) / len(losses):.4f}")


sentences = [make_sentence() for _ in range(30)]
trainer = Trainer(Tagger())
trainer.fit(DataLoader(sentences, batch_size=6, shuffle=True, collate_fn=pad_batch), epochs=3)
