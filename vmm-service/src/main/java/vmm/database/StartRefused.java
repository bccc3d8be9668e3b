package vmm.database;

import org.springframework.boot.ExitCodeGenerator;

/**
 * A refusal to start: something outside the program has to change first, and the message says what,
 * in one line.
 */
public final class StartRefused extends RuntimeException implements ExitCodeGenerator {

    public StartRefused(String message) {
        super(message);
    }

    @Override
    public int getExitCode() {
        return 1;
    }
}
