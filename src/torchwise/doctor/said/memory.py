"""What PyTorch, CUDA and the system say where memory runs out (TW3xx)."""

from torchwise.doctor.said import Said, said
from torchwise.texts import note

MORE = note("there is not enough memory: {size} more were asked for", size="{size}")
SMALLER = note("a smaller batch; then torch.autocast with bfloat16, or torch.utils.checkpoint")
IN_PROPORTION = note("the activations of the forward pass grow in proportion to the batch")
NO_GRAD = note("with torch.no_grad():  around the evaluation")
STORE_NUMBERS = note("store numbers, loss.item(), or tensors without their graphs, output.detach()")
KEPT = note("a tensor holds its graph, and the graph the activations of its step, until both are let go")
OUT = r"(?:CUDA|MPS|HIP|XPU|CUDA\s+error:)\s+(?:backend\s+)?out\s+of\s+memory"
TRIED = r"Tried\s+to\s+allocate\s+(?P<size>[\d.]+\s*(?:[KMGTPE]i?)?B(?:ytes)?)"
CPU = (
    r"(?:not\s+enough\s+memory:\s+you\s+tried\s+to\s+allocate|can.t\s+allocate\s+memory:\s+you\s+tried"
    r"\s+to\s+allocate|tried\s+to\s+allocate)\s+(?P<size>{0})\s*bytes"
)
DIGITS = r"\d+"
HUGE = r"\d{11,}"

SAID: tuple[Said, ...] = (
    said(
        "TW304",
        OUT
        + r"\.?\s+Tried\s+to\s+allocate\s+(?P<size>(?:\d{3,}(?:\.\d+)?\s+GiB|[\d.]+\s+[TPE]i?B))|"
        + CPU.format(HUGE).replace("<size>", "<bytes>"),
        note("one tensor is enormous, more than any batch needs"),
        why=note(
            "broadcasting pairs every row of the one with every value of the other; one-hot and N x N grow fast too"
        ),
        fix=note("print the shapes before this line: (N,) against (N, 1) makes (N, N)"),
    ),
    said("TW301", OUT + r"\.?\s+" + TRIED, MORE, why=IN_PROPORTION, fix=SMALLER),
    said(
        "TW301",
        CPU.format(DIGITS),
        note("there is not enough memory: {size} bytes more were asked for", size="{size}"),
        why=IN_PROPORTION,
        fix=SMALLER,
    ),
    said(
        "TW301",
        OUT + r"|OutOfMemoryError|CUBLAS_STATUS_ALLOC_FAILED|CUDNN_STATUS_ALLOC_FAILED|cuda\s+runtime\s+error"
        r"\s+\(2\)|DefaultCPUAllocator"
        r"|[Uu]nable\s+to\s+allocate\s+(?P<size>[\d.]+\s+[KMGT]iB)\s+for\s+an\s+array|^\s*MemoryError|std::bad_alloc"
        r"|CUDNN_STATUS_INTERNAL_ERROR|Unable\s+to\s+find\s+a\s+valid\s+cuDNN\s+algorithm|unable\s+to\s+find\s+an"
        r"\s+engine\s+to\s+execute",
        note("there is not enough memory"),
        why=IN_PROPORTION,
        fix=SMALLER,
    ),
    said(
        "TW302",
        OUT + r"|DefaultCPUAllocator|OutOfMemoryError",
        note(
            "if it comes in the evaluation: it may run with gradients on, so every forward pass keeps its activations"
        ),
        why=note("model.eval() doesn't switch gradients off"),
        fix=NO_GRAD,
    ),
    said(
        "TW303",
        OUT + r"|DefaultCPUAllocator|OutOfMemoryError",
        note("if memory grows from step to step: losses or outputs may be kept with their graphs"),
        why=KEPT,
        fix=STORE_NUMBERS,
    ),
)
