package vmm.database;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.ExitCodeGenerator;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootExceptionReporter;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;

/**
 * The one line that is left of an expected refusal to start.
 *
 * <p>Whoever throws an exception that knows its exit code ({@link ExitCodeGenerator}) from the
 * start of the service gets its message logged without a stack trace; every other exception is a
 * bug and keeps its trace.
 */
final class RefusalReporter implements SpringBootExceptionReporter {

    private static final Logger log = LoggerFactory.getLogger(RefusalReporter.class);

    @Override
    public boolean reportException(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ExitCodeGenerator) {
                log.error("VMM does not start: {}", cause.getMessage());
                hush();
                return true;
            }
        }
        return false;
    }

    /** What follows is only Spring failing to close what it never opened, at length. */
    private static void hush() {
        LoggingSystem.get(RefusalReporter.class.getClassLoader())
                .setLogLevel(SpringApplication.class.getName(), LogLevel.OFF);
    }
}
