import { openGatewayWorld } from './gateway-world.ts';
import { testTool } from './s3-clients.ts';

testTool('rclone', { files: 1000, explains: true }, openGatewayWorld);
