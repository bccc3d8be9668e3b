package vmm.cloud.jclouds;

import org.jclouds.logging.Logger;
import org.jclouds.logging.config.LoggingModule;

/**
 * jclouds says nothing: its requests hold secrets, and what went wrong is in our failures. (Its own
 * module for that writes errors to the console.)
 */
public final class NoLogging extends LoggingModule {

    @Override
    public Logger.LoggerFactory createLoggerFactory() {
        return Silence::new;
    }

    private record Silence(String category) implements Logger {

        @Override
        public String getCategory() {
            return category;
        }

        @Override
        public void trace(String message, Object... args) {}

        @Override
        public boolean isTraceEnabled() {
            return false;
        }

        @Override
        public void debug(String message, Object... args) {}

        @Override
        public boolean isDebugEnabled() {
            return false;
        }

        @Override
        public void info(String message, Object... args) {}

        @Override
        public boolean isInfoEnabled() {
            return false;
        }

        @Override
        public void warn(String message, Object... args) {}

        @Override
        public void warn(Throwable throwable, String message, Object... args) {}

        @Override
        public boolean isWarnEnabled() {
            return false;
        }

        @Override
        public void error(String message, Object... args) {}

        @Override
        public void error(Throwable throwable, String message, Object... args) {}

        @Override
        public boolean isErrorEnabled() {
            return false;
        }
    }
}
