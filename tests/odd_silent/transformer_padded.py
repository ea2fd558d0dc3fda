"""A seq2seq transformer, time first after a transpose, with padding and causal masks the right way round."""
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Seq2Seq(nn.Module):
    def __init__(self, vocab=30, width=16):
        super().__init__()
        self.embed = nn.Embedding(vocab, width, padding_idx=0)
        self.core = nn.Transformer(width, 2, 1, 1, 32, 0.1)
        self.out = nn.Linear(width, vocab)

    def forward(self, source, target):
        causal = nn.Transformer.generate_square_subsequent_mask(target.size(1))
        x = self.core(
            self.embed(source).transpose(0, 1), self.embed(target).transpose(0, 1), tgt_mask=causal,
            src_key_padding_mask=source == 0, tgt_key_padding_mask=target.eq(0), memory_key_padding_mask=source == 0,
        )
        return self.out(x).transpose(0, 1)


a, b = torch.randint(1, 30, (40, 7)), torch.randint(1, 30, (40, 6))
a[:, 5:] = 0
model = Seq2Seq()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-4, betas=(0.9, 0.98))
criterion = nn.CrossEntropyLoss(ignore_index=0)
for source, target in DataLoader(TensorDataset(a, b), batch_size=8, shuffle=True):
    logits = model(source, target[:, :-1])
    loss = criterion(logits.reshape(-1, 30), target[:, 1:].reshape(-1))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
