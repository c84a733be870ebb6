// Builds before packaging, so that `serverless package` and `serverless deploy` need no step before them, and puts the configuration,
// checked, into the package: it is deployed and rolled back together with the code.
class SlipwayPackage {
  constructor(serverless) {
    const named = () => serverless.service.custom.config ?? "";
    this.hooks = {
      "before:deploy:deploy": async () => {
        const { configurationPath, EXAMPLE } = await import("./serverless.ts");
        if (configurationPath(named()) !== EXAMPLE) return;
        throw new serverless.classes.Error("there is no slipway.yml here to deploy: write one, or name yours with --param config=FILE");
      },
      "before:package:createDeploymentArtifacts": async () => {
        const [{ buildPackage }, { configurationPath }] = await Promise.all([import("./build.ts"), import("./serverless.ts")]);
        await buildPackage(configurationPath(named()));
      },
    };
  }
}

module.exports = SlipwayPackage;
