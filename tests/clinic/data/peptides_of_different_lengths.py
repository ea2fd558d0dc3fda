# code: TW620
# numbers: 13 12
# about: the peptides have different lengths and the loader stacks them; the padding collate function isn't given to it
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence
from torch.utils.data import DataLoader, Dataset

AMINO_ACIDS = "ACDEFGHIKLMNPQRSTVWY"


class PeptideDataset(Dataset):
    def __init__(self, n, seed):
        g = torch.Generator().manual_seed(seed)
        lengths = torch.randint(5, 15, (n,), generator=g).tolist()
        self.peptides = [torch.randint(1, len(AMINO_ACIDS) + 1, (length,), generator=g) for length in lengths]

    def __len__(self):
        return len(self.peptides)

    def __getitem__(self, i):
        peptide = self.peptides[i]
        hydrophobic = torch.isin(peptide, torch.tensor([1, 8, 10, 18])).float().mean()
        return peptide, hydrophobic


def pad_peptides(batch):
    peptides, targets = zip(*batch)
    lengths = torch.tensor([len(p) for p in peptides])
    return pad_sequence(peptides, batch_first=True), lengths, torch.stack(targets)


class Predictor(nn.Module):
    def __init__(self, dim=10, hidden=16):
        super().__init__()
        self.embedding = nn.Embedding(len(AMINO_ACIDS) + 1, dim, padding_idx=0)
        self.lstm = nn.LSTM(dim, hidden, batch_first=True, bidirectional=True)
        self.head = nn.Sequential(nn.Dropout(0.1), nn.Linear(2 * hidden, 1))

    def forward(self, peptides, lengths):
        packed = pack_padded_sequence(self.embedding(peptides), lengths, batch_first=True, enforce_sorted=False)
        _, (h, _) = self.lstm(packed)
        return self.head(torch.cat([h[0], h[1]], dim=1)).squeeze(1)


def run_epoch(model, loader, optimizer=None):
    model.train(optimizer is not None)
    losses = []
    for peptides, lengths, targets in loader:
        with torch.set_grad_enabled(optimizer is not None):
            loss = nn.functional.mse_loss(model(peptides, lengths), targets)
        if optimizer is not None:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        losses.append(loss.item())
    return sum(losses) / len(losses)


def main():
    torch.manual_seed(0)
    train_loader = DataLoader(PeptideDataset(48, 1), batch_size=8, shuffle=True, collate_fn=pad_peptides)
    val_loader = DataLoader(PeptideDataset(16, 2), batch_size=8)  # <- culprit
    # mended: val_loader = DataLoader(PeptideDataset(16, 2), batch_size=8, collate_fn=pad_peptides)
    model = Predictor()
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    for epoch in range(2):
        train_loss = run_epoch(model, train_loader, optimizer)
        val_loss = run_epoch(model, val_loader)
        print(f"epoch {epoch} train {train_loss:.4f} val {val_loss:.4f}")


if __name__ == "__main__":
    main()
