package vmm.identity;

import org.springframework.boot.ExitCodeGenerator;

/** A reason not to start, in one line that says what to do. */
final class StartRefused extends RuntimeException implements ExitCodeGenerator {

    private static final long serialVersionUID = 1L;

    StartRefused(String line) {
        super(line, null, false, false);
    }

    @Override
    public int getExitCode() {
        return 1;
    }
}
