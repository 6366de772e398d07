import { openGatewayWorld } from './gateway-world.ts';
import { testTool } from './s3-clients.ts';

testTool('s3cmd', { files: 1000, explains: true }, openGatewayWorld);
