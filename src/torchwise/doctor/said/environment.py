"""What PyTorch, CUDA and Python say about workers, machines and builds (TW9xx)."""

from torchwise.doctor.said import Said, said
from torchwise.texts import note

NO_GPU = note("cuda needs an NVIDIA GPU with its driver; there is none here, or it is hidden by CUDA_VISIBLE_DEVICES")
BY_AVAILABLE = 'device = "cuda" if torch.cuda.is_available() else "cpu"'
PICKLED = note("a spawned worker gets the data set, the transforms and the collate_fn as pickles")
JOINS_FIRST = note(
    "each process joins the group first; after that samplers, DistributedDataParallel and collective calls can be used"
)
OTHER_BUILD = note("its operators are compiled for one version of torch, and can't be registered with another")

SAID: tuple[Said, ...] = (
    said(
        "TW902",
        r"NVIDIA\s+driver\s+on\s+your\s+system\s+is\s+too\s+old(?:\s+\(found\s+version\s+(?P<version>\d+)\))?",
        note("the NVIDIA driver is too old for this build of PyTorch"),
        why=note("a build with a certain CUDA needs a driver of that age or newer"),
        fix=note("update the driver, or install a build with an older CUDA"),
        sure=True,
    ),
    said(
        "TW902",
        r"no\s+kernel\s+image\s+is\s+available|is\s+not\s+compatible\s+with\s+the\s+current\s+PyTorch\s+installation"
        r"|(?:CUDA\s+capability|compute\s+capability)\s+sm_(?P<arch>\d+)"
        r"|GPU.{0,40}is\s+too\s+old.{0,60}support|invalid\s+device\s+function|device\s+kernel\s+image\s+is\s+invalid"
        r"|PTX\s+was\s+compiled\s+with\s+an\s+unsupported|sm_\d+\s+is\s+not",
        note("this build of PyTorch has no programs for this GPU"),
        why=note("each build is made for certain generations of GPUs; this one is older or newer than they are"),
        fix=note("install the build for your GPU: choose its CUDA version on pytorch.org"),
        sure=True,
    ),
    said(
        "TW902",
        r"CUDA\s+driver\s+version\s+is\s+insufficient\s+for\s+CUDA\s+runtime",
        note("the NVIDIA driver is too old for this build of PyTorch"),
        why=note("a build with a certain CUDA needs a driver of that age or newer"),
        fix=note("update the driver, or install a build with an older CUDA"),
    ),
    said(
        "TW901",
        r"not\s+(?:compiled|linked)\s+with\s+(?:CUDA|MPS|XPU|ROCM|HIP)(?:\s+enabled)?|without\s+CUDA\s+support",
        note("the program asks for a GPU, and this build of PyTorch was made without"),
        why=note("this build of PyTorch is the one for the CPU: it was not compiled with CUDA"),
        fix=note("install the build for your GPU: choose its CUDA version on pytorch.org"),
        sure=True,
    ),
    said(
        "TW901",
        r"No\s+CUDA\s+GPUs\s+are\s+available|Found\s+no\s+NVIDIA\s+driver|no\s+CUDA-capable\s+device|invalid\s+device"
        r"\s+ordinal|CUDA\s+unknown\s+error|(?:Cannot|cannot)\s+find\s+CUDA\s+device"
        r"|MPS\s+(?:device\s+)?is\s+not\s+available|[Ii]nvalid\s+CUDA\s+.device=(?P<device>\S+)|MPS\s+backend\s+is"
        r"\s+supported\s+on\s+MacOS|Expected\s+one\s+of\s+cpu,\s+cuda.{0,300}at\s+start\s+of\s+device\s+string"
        r"|cuda\s+runtime\s+error\s+\((?:38|100|101|35)\)|CUDA\s+is\s+not\s+available|libcuda\.so|device\s+(?:id"
        r"|index).{0,30}(?:out\s+of\s+range|must\s+be)|No\s+HIP\s+GPUs",
        note("the program asks for a device which isn't there"),
        why=NO_GPU,
        fix=BY_AVAILABLE,
    ),
    said(
        "TW903",
        r"operator\s+torchvision::\w+\s+does\s+not\s+exist|No\s+such\s+operator\s+torchvision|Couldn.t\s+load"
        r"\s+custom\s+C\+\+\s+ops|torchvision::nms|libtorchaudio|_torchaudio"
        r"|torchaudio.{0,60}undefined\s+symbol|torchvision.{0,80}(?:undefined\s+symbol|incompatible|compiled\s+with"
        r"\s+different)|torchtext.{0,80}undefined\s+symbol"
        r"|circular\s+import.{0,60}torchvision|Detected\s+that\s+PyTorch\s+and\s+torch\w+\s+were\s+compiled\s+with"
        r"\s+different",
        note("torchvision or torchaudio was built for another torch"),
        why=OTHER_BUILD,
        fix=note("install both in one call: {code}", code="pip install --upgrade torch torchvision torchaudio"),
        sure=True,
    ),
    said(
        "TW903",
        r"undefined\s+symbol:\s+_ZN\w*(?:c10|at|torch)|\.so:\s+undefined\s+symbol",
        note("a compiled extension was built for another torch"),
        why=OTHER_BUILD,
        fix=note("install a build of it for this torch, or compile it anew"),
    ),
    said(
        "TW904",
        r"[Cc]an.t\s+(?:get\s+local\s+object|pickle\s+(?:local\s+(?:object|function)|<function|<class|\w+\s+objects?"
        r"|.?_io))|cannot\s+(?:be\s+)?pickle[d]?(?:\s+.?(?P<kind>[\w.]+))?"
        r"|PicklingError|h5py\s+objects\s+cannot\s+be\s+pickled|(?:generator|lambda|_thread|SwigPy\w+"
        r"|module).{0,10}objects?.{0,10}pickle",
        note("something that a worker needs can't be pickled"),
        why=PICKLED,
        fix=note(
            "a function or class defined at the top level of the file in place of a lambda or an inner one; open "
            "files in __getitem__; or num_workers=0"
        ),
    ),
    said(
        "TW905",
        r"start\s+a\s+new\s+process\s+before\s+the\s+current\s+process\s+has\s+finished\s+its\s+bootstrapping\s+phase"
        r"|freeze_support\(\)",
        note("worker processes are started at the top level of the script, which each of them runs again"),
        why=note(
            'a spawned process imports the script; without if __name__ == "__main__": it would start processes '
            "itself, without end"
        ),
        fix='if __name__ == "__main__": main()',
        sure=True,
    ),
    said(
        "TW907",
        r"(?:[Bb]us\s+error|out\s+of\s+shared\s+memory|insufficient\s+shared\s+memory|received\s+\d+\s+items\s+of"
        r"\s+ancdata|Too\s+many\s+open\s+files|unable\s+to\s+(?:mmap|open\s+shared\s+memory|write\s+to\s+file|resize"
        r"\s+file)"
        r"|No\s+space\s+left\s+on\s+device.{0,40}(?:shm|torch_)|shared\s+memory\s+limit|shm_open|/dev/shm"
        r"|torch_shm_manager|File\s+descriptor\s+limit)",
        note("the shared memory is full, or too many files are open"),
        why=note("workers hand their batches over in /dev/shm; a container often has 64 MiB of it"),
        fix=note(
            "docker run --shm-size=8g, fewer workers, or {code}",
            code='torch.multiprocessing.set_sharing_strategy("file_system")',
        ),
        sure=True,
    ),
    said(
        "TW906",
        r"DataLoader\s+worker\s+\(pid(?:\(s\))?\s+(?P<pid>[\d,\s]+)\)\s+(?:is|was)\s+killed\s+by\s+signal:"
        r"\s+(?P<signal>[\w\s]+)",
        note("worker {pid} was killed by the signal {signal}", pid="{pid}", signal="{signal}"),
        why=note("the system killed it, mostly for want of memory"),
        fix=note("num_workers=0 shows the worker's own error; fewer workers need less memory"),
    ),
    said(
        "TW906",
        r"DataLoader\s+worker\s+\(pid(?:\(s\))?\s+(?P<pid>[\d,\s]+)\)\s+exited\s+unexpectedly|worker"
        r"\s+process.{0,40}(?:died|terminated|exited)|DataLoader\s+timed\s+out\s+after"
        r"|process\s+\d+\s+terminated\s+with\s+(?:signal|exit\s+code)|BrokenPipeError|ConnectionResetError",
        note("worker {pid} ended unexpectedly", pid="{pid}"),
        why=note("it ended without an exception"),
        fix=note("num_workers=0 shows the worker's own error; fewer workers need less memory"),
    ),
    said(
        "TW910",
        r"[Cc]annot\s+re-initialize\s+CUDA\s+in\s+forked\s+subprocess|CUDA(?:\s+driver)?\s+initialization.{0,40}fork",
        note("a worker process, made by fork, uses CUDA"),
        why=note("a process that has used CUDA can't hand it on to its forks; workers make CPU tensors"),
        fix=note("move the batch in the training loop: x = x.to(device)"),
        sure=True,
    ),
    said(
        "TW910",
        r"cuda\s+runtime\s+error\s+\(3\)|CUDA\s+error:\s+initialization\s+error",
        note("a worker process, made by fork, uses CUDA"),
        why=note("a process that has used CUDA can't hand it on to its forks; workers make CPU tensors"),
        fix=note("move the batch in the training loop: x = x.to(device)"),
    ),
    said(
        "TW908",
        r"[Dd]efault\s+process\s+group\s+has\s+not\s+been\s+initialized|(?:process\s+group"
        r"|init_process_group).{0,60}(?:not\s+been|first|before)|[Dd]istributed\s+package\s+(?:is\s+not|doesn.t"
        r"\s+have\s+NCCL)",
        note("a call needs the process group, and init_process_group was not called yet"),
        why=JOINS_FIRST,
        fix='torch.distributed.init_process_group("nccl")',
    ),
    said(
        "TW908",
        r"environment\s+variable\s+(?P<name>RANK|WORLD_SIZE|MASTER_ADDR|MASTER_PORT|LOCAL_RANK)\s+expected|KeyError:"
        r"\s+.(?P<key>RANK|WORLD_SIZE|MASTER_ADDR|MASTER_PORT|LOCAL_RANK)",
        note("an environment variable of the process group is not set"),
        why=note(
            "torchrun sets RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR and MASTER_PORT for each process; python alone "
            "doesn't"
        ),
        fix="torchrun --nproc_per_node=2 train.py",
        sure=True,
    ),
    said(
        "TW908",
        r"[Aa]ddress\s+already\s+in\s+use|initialize\s+the\s+default\s+process\s+group\s+twice|NCCL\s+(?:error|WARN)"
        r"|ncclSystemError|ncclInvalidUsage|ncclUnhandledCudaError|ncclInternalError|Duplicate\s+GPU\s+detected"
        r"|Expected\s+to\s+have\s+finished\s+reduction\s+in\s+the\s+prior\s+iteration|rendezvous|[Rr]endezvous"
        r"|ProcessGroup(?:NCCL|Gloo)|Watchdog\s+caught\s+collective|Connection\s+closed\s+by\s+peer|Expected\s+to"
        r"\s+mark\s+a\s+variable\s+ready\s+only\s+once"
        r"|The\s+server\s+socket\s+has\s+failed|Invalid\s+rank|rank.{0,30}world.?size|DDP\s+expects\s+same\s+model"
        r"|DistributedDataParallel\s+device_ids|Timed\s+out\s+(?:initializing|waiting).{0,60}",
        note("the processes of a distributed run don't find each other, or don't do the same"),
        why=JOINS_FIRST,
        fix=note(
            "another --master_port, one GPU for each rank, and find_unused_parameters=True where a part of the model "
            "is unused"
        ),
    ),
    said(
        "TW909",
        r"device-side\s+assert\s+triggered|cuda\s+runtime\s+error\s+\(59\)|CUDA\s+error:\s+an\s+illegal\s+memory"
        r"\s+access|CUBLAS_STATUS_(?:EXECUTION_FAILED|NOT_INITIALIZED)|unspecified\s+launch\s+failure"
        r"|\.cuh?:\d+.{0,300}?Assertion",
        note(
            "a check failed on the GPU at this line or an earlier one: almost always an index or a label out of range"
        ),
        why=note(
            "the GPU works behind the program, so the line of the traceback is not the cause; after it every CUDA "
            "call fails"
        ),
        fix=note("run it once on the CPU, or with CUDA_LAUNCH_BLOCKING=1: then the line is the right one"),
    ),
    said(
        "TW911",
        r"module\s+compiled\s+(?:using|against)\s+(?:NumPy\s+1|ABI|API)|cannot\s+be\s+run\s+in\s+NumPy\s+2"
        r"|numpy\.(?:dtype|core\.multiarray|ufunc)\s+(?:size\s+changed|failed\s+to\s+import)|Numpy\s+is\s+not"
        r"\s+available|_ARRAY_API\s+not\s+found"
        r"|NumPy\s+was\s+not\s+found|numpy\.core\.multiarray\s+failed",
        note("a package here was compiled for another NumPy"),
        why=note("builds made for NumPy 1 can't use NumPy 2"),
        fix='pip install "numpy<2"',
        sure=True,
    ),
    said(
        "TW911",
        r"module\s+.(?:numpy|np).\s+has\s+no\s+attribute\s+.(?P<name>\w+)|`?np\.(?P<other>float|int|bool|object|str"
        r"|complex)`?\s+(?:was|is)\s+(?:a\s+deprecated\s+alias|removed)",
        note("this NumPy has no np.{name} any more", name="{name}"),
        why=note("old names such as np.float and np.bool are gone since NumPy 1.24"),
        fix=note("{code}, or a newer build of the package that uses it", code="float, int, bool, np.float64"),
    ),
    said(
        "TW911",
        r"(?:partially\s+initialized\s+)?module\s+.(?:torch|random|numpy|types|copy)\b.{0,12}\s+has\s+no\s+attribute"
        r"\s+.(?P<name>\w+)|cannot\s+import\s+name\s+.(?P<import>\w+).\s+from\s+.(?:partially\s+initialized\s+module"
        r"\s+.)?torch"
        r"|No\s+module\s+named\s+.(?P<module>torch[\w.]*|numpy\S*|torchvision\S*|torch\._C)|Failed\s+to\s+load"
        r"\s+PyTorch\s+C\s+extensions|DLL\s+load\s+failed|error\s+loading\s+.{0,200}(?:c10|fbgemm|torch\w*|shm)\.dll"
        r"|WinError\s+(?:126|127|1114|1455)|lib(?:cudnn|cublas|cudart|cupti|nvrtc|nccl|torch\w*|iomp5|gomp)\S*:"
        r"\s+(?:cannot\s+open\s+shared\s+object|undefined\s+symbol)|libiomp5md\.dll|OMP:\s+Error\s+#15",
        note("the installation around the program doesn't fit: a missing or shadowed module, or another version"),
        why=note("a file of yours named torch.py hides the package, or pip installed into another Python"),
        fix=note(
            "look at torch.__file__ and torch.__version__; rename a torch.py; {code}",
            code="python -m pip install torch",
        ),
    ),
)
