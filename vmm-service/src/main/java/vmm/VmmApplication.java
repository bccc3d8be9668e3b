package vmm;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** The service. */
@SpringBootApplication
public class VmmApplication {
    private static final String CARRIERS = "jdk.virtualThreadScheduler.parallelism";

    /**
     * Virtual threads that wait for a class to be initialised, at once, without all standing still.
     */
    private static final int LEAST_CARRIERS = 8;

    public static void main(String[] args) {
        if (System.getProperty(CARRIERS) == null) {
            int cores = Runtime.getRuntime().availableProcessors();
            System.setProperty(CARRIERS, String.valueOf(Math.max(LEAST_CARRIERS, cores)));
        }
        SpringApplication.run(VmmApplication.class, args);
    }
}
