use std::process::ExitCode;

fn main() -> ExitCode {
    logyard::cli::main()
}
