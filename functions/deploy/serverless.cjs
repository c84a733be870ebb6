// The framework loads CommonJS; what it is to know is in serverless.ts.
let made;

module.exports = ({ resolveVariable }) => {
  // Asked again as soon as the parameters that it depends on are known.
  made ??= make(resolveVariable).catch((error) => {
    made = undefined;
    // The framework prints the stack, once for each place in serverless.yml that asks: what is wrong would be hard to find in that.
    error.stack = error.message;
    throw error;
  });
  return made;
};

async function make(resolveVariable) {
  const { deployed } = await import("./serverless.ts");
  const [config, name, subnets, securityGroups, alarmTopic, httpRate] = await Promise.all(
    ["config", "name", "subnets", "security_groups", "alarm_topic", "http_rate"].map((parameter) => resolveVariable(`param:${parameter}`)),
  );
  return deployed({ config, name, subnets, securityGroups, alarmTopic, httpRate });
}
