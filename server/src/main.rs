use std::process::ExitCode;

/// Reading a listing is thousands of small texts, made in one thread and freed in another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    logyard::cli::main()
}
