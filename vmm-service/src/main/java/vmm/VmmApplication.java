package vmm;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** The service. */
@SpringBootApplication
public class VmmApplication {

    public static void main(String[] args) {
        SpringApplication.run(VmmApplication.class, args);
    }
}
