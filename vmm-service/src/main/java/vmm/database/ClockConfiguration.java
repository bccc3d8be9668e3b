package vmm.database;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import java.time.InstantSource;

/** The owner of time: nobody else may ask the system for it. */
@Configuration(proxyBeanMethods = false)
public class ClockConfiguration {

    @Bean
    public static InstantSource clock() {
        return InstantSource.system();
    }
}
