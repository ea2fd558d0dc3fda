# code: TW502 TW501
# numbers: -
# about: the LSTM state is carried to the next chunk with its graph; it must be detached
import torch
import torch.nn as nn


class CharLSTM(nn.Module):
    def __init__(self, vocab_size, embed_dim=12, hidden_dim=24, num_layers=2):
        super().__init__()
        self.num_layers = num_layers
        self.hidden_dim = hidden_dim
        self.embed = nn.Embedding(vocab_size, embed_dim)
        self.lstm = nn.LSTM(embed_dim, hidden_dim, num_layers, batch_first=True)
        self.fc = nn.Linear(hidden_dim, vocab_size)

    def init_state(self, batch_size):
        shape = (self.num_layers, batch_size, self.hidden_dim)
        return torch.zeros(shape), torch.zeros(shape)

    def forward(self, x, state):
        out, state = self.lstm(self.embed(x), state)
        return self.fc(out), state


def batchify(text, batch_size):
    symbols = sorted(set(text))
    ids = torch.tensor([symbols.index(c) for c in text])
    usable = len(ids) // batch_size * batch_size
    return ids[:usable].view(batch_size, -1), symbols


def chunks(ids, bptt):
    for start in range(0, ids.size(1) - 1, bptt):
        end = min(start + bptt, ids.size(1) - 1)
        yield ids[:, start:end], ids[:, start + 1 : end + 1]


def train_epoch(model, ids, bptt, criterion, optimizer):
    state = model.init_state(ids.size(0))
    total, count = 0.0, 0
    for x, y in chunks(ids, bptt):
        optimizer.zero_grad()
        logits, state = model(x, state)  # <- culprit
        # mended: logits, state = model(x, tuple(s.detach() for s in state))
        loss = criterion(logits.reshape(-1, logits.size(-1)), y.reshape(-1))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        total, count = total + loss.item() * y.numel(), count + y.numel()
    return total / count


def main():
    torch.manual_seed(1234)
    text = "how much wood would a woodchuck chuck if a woodchuck could chuck wood " * 6
    ids, symbols = batchify(text, batch_size=4)
    model = CharLSTM(len(symbols))
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for epoch in range(2):
        print(f"epoch {epoch + 1}: {train_epoch(model, ids, 20, criterion, optimizer):.4f}")
    torch.save({"model": model.state_dict(), "symbols": symbols}, "char_lstm.pt")


if __name__ == "__main__":
    main()
