package vmm;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.logging.LoggingSystem;

import vmm.start.CloudCheck;

import java.util.List;
import java.util.Optional;

/** The service, or with the argument {@code cloud-check} a look at its clouds. */
@SpringBootApplication
public class VmmApplication {
    private static final String CARRIERS = "jdk.virtualThreadScheduler.parallelism";

    /**
     * Virtual threads that wait for a class to be initialised, at once, without all standing still.
     */
    private static final int LEAST_CARRIERS = 8;

    public static void main(String[] args) {
        var words = List.of(args);
        if (!words.isEmpty() && words.getFirst().equals(CloudCheck.COMMAND)) {
            LoggingSystem.get(VmmApplication.class.getClassLoader()).beforeInitialize(); // silent
            var check =
                    new CloudCheck(name -> Optional.ofNullable(System.getenv(name)), System.out);
            System.exit(check.run(words.subList(1, words.size())));
        }
        if (System.getProperty(CARRIERS) == null) {
            int cores = Runtime.getRuntime().availableProcessors();
            System.setProperty(CARRIERS, String.valueOf(Math.max(LEAST_CARRIERS, cores)));
        }
        SpringApplication.run(VmmApplication.class, args);
    }
}
